namespace Relay.Core.Protocol;

/// <summary>
/// Messages on their way to many connections at once: the first connection has them framed, and the same bytes go to every other. Used by one
/// thread at a time.
/// </summary>
public sealed class FrameBatch
{
    private readonly List<Frame> _frames = [];
    private Frame _wire;

    /// <summary>The messages in order. Nothing is added once they have been framed.</summary>
    public IReadOnlyList<Frame> Frames => _frames;

    /// <summary>How many messages.</summary>
    public int Count => _frames.Count;

    /// <summary>Their payloads' bytes.</summary>
    public int Bytes { get; private set; }

    /// <summary>Adds a message.</summary>
    /// <param name="frame">The message.</param>
    public void Add(Frame frame)
    {
        _frames.Add(frame);
        Bytes += frame.Length;
    }

    /// <summary>The messages as they go on the wire.</summary>
    /// <param name="encode">Frames them; called once.</param>
    /// <returns>The bytes, immutable.</returns>
    public Frame Wire(Func<FrameBatch, byte[]> encode)
    {
        if (_wire.Bytes is null) _wire = new(encode(this)) { Framed = Count };
        return _wire;
    }
}
