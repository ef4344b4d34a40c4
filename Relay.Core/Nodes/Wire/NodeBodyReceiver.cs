namespace Relay.Core.Nodes.Wire;

/// <summary>The receiving end of one body: checks its chunks, and says when credit is due.</summary>
public sealed class NodeBodyReceiver
{
    private readonly int _window;
    private uint _next;
    private int _credit;
    private int _taken;

    /// <summary>Makes it.</summary>
    /// <param name="windowBytes">The welcome's initial credit.</param>
    public NodeBodyReceiver(int windowBytes) => _window = _credit = windowBytes;

    /// <summary>Whether the last chunk has come.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>A chunk has come.</summary>
    /// <param name="chunk">Its header.</param>
    /// <param name="bodyBytes">Bytes beside it.</param>
    /// <returns>What is wrong with it.</returns>
    public NodeWireFault Take(NodeChunk chunk, int bodyBytes)
    {
        if (HasEnded) return NodeWireFault.AfterLast;
        if (chunk.Sequence != _next) return NodeWireFault.WrongSequence;
        if (NodeChunk.Cost(bodyBytes) > _credit) return NodeWireFault.BeyondCredit;
        _next++;
        _credit -= NodeChunk.Cost(bodyBytes);
        HasEnded = chunk.IsLast;
        return NodeWireFault.None;
    }

    /// <summary>A chunk's bytes have left for where they are wanted, and hold no room any more.</summary>
    /// <param name="bodyBytes">The chunk's bytes beside its header.</param>
    /// <returns>Credit to grant now; 0 while it is better saved up, or the body has ended.</returns>
    public int Pass(int bodyBytes)
    {
        _taken += NodeChunk.Cost(bodyBytes);
        // Half a window: seldom enough to cost nothing, and early enough that a sender that goes on is not held up.
        if (HasEnded || _taken < _window / 2) return 0;
        var due = _taken;
        _taken = 0;
        _credit += due;
        return due;
    }
}
