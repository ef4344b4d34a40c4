namespace Relay.Core.Nodes.Wire;

/// <summary>The sending end of one body: numbers its chunks, and keeps to the credit.</summary>
/// <param name="windowBytes">The welcome's initial credit.</param>
public sealed class NodeBodySender(int windowBytes)
{
    private uint _next;

    /// <summary>Credit that is left.</summary>
    public int Credit { get; private set; } = windowBytes;

    /// <summary>Whether the last chunk has gone.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>How many bytes of the body the next frame may carry; 0 means that credit has to come first.</summary>
    /// <param name="maxChunkBytes">The welcome's bound.</param>
    /// <returns>Bytes beside the header.</returns>
    public int Room(int maxChunkBytes) => Math.Clamp(Credit - NodeChunk.HeaderBytes, 0, maxChunkBytes);

    /// <summary>The header of the next frame. It has to be sent.</summary>
    /// <param name="id">The request.</param>
    /// <param name="bodyBytes">Bytes beside the header, within <see cref="Room"/>; 0 only for the last.</param>
    /// <param name="isLast">Whether the body ends with it.</param>
    /// <returns>The header.</returns>
    /// <exception cref="InvalidOperationException">The frame may not be sent.</exception>
    public NodeChunk Next(long id, int bodyBytes, bool isLast)
    {
        if (HasEnded || NodeChunk.Cost(bodyBytes) > Credit || (bodyBytes == 0 && !isLast)) throw new InvalidOperationException("A chunk without credit, without bytes, or after the last.");
        Credit -= NodeChunk.Cost(bodyBytes);
        HasEnded = isLast;
        return new NodeChunk(id, checked(_next++), isLast);
    }

    /// <summary>The receiver grants more.</summary>
    /// <param name="bytes">How much.</param>
    /// <returns>What is wrong with it.</returns>
    public NodeWireFault Grant(int bytes)
    {
        if (bytes > NodeWire.MaxWindowBytes - Credit) return NodeWireFault.TooMuchCredit;
        Credit += bytes;
        return NodeWireFault.None;
    }
}
