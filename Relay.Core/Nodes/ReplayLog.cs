namespace Relay.Core.Nodes;

/// <summary>
/// The last bytes of a stream, by their offsets, for a reader that comes back. What a reader that is there has not read yet is always kept; beside that, what was
/// read, up to a bound.
/// </summary>
/// <param name="limit">Bytes that are kept beside those that a reader waits for.</param>
public sealed class ReplayLog(int limit)
{
    private readonly Queue<ReadOnlyMemory<byte>> _pieces = new();

    /// <summary>The offset of the first byte that is kept.</summary>
    public long Start { get; private set; }

    /// <summary>The offset behind the last byte: all that there was so far.</summary>
    public long End { get; private set; }

    /// <summary>Bytes that are kept.</summary>
    public long Length => End - Start;

    /// <summary>Whether a reader can go on from an offset.</summary>
    /// <param name="offset">Bytes that it has.</param>
    /// <returns>False when what follows is not kept any more, or is not there yet.</returns>
    public bool Has(long offset) => offset >= Start && offset <= End;

    /// <summary>More of the stream has come.</summary>
    /// <param name="piece">The bytes, never changed any more.</param>
    public void Append(ReadOnlyMemory<byte> piece)
    {
        if (piece.IsEmpty) return;
        _pieces.Enqueue(piece);
        End += piece.Length;
    }

    /// <summary>Lets go of what is beyond the bound.</summary>
    /// <param name="needed">What stands at this offset and behind it is kept whatever it comes to.</param>
    public void Trim(long needed)
    {
        while (_pieces.TryPeek(out var oldest) && Length > limit && Start + oldest.Length <= needed)
        {
            _pieces.Dequeue();
            Start += oldest.Length;
        }
    }

    /// <summary>Lets go of everything before an offset, as far as whole pieces go.</summary>
    /// <param name="needed">The offset.</param>
    public void Drop(long needed)
    {
        while (_pieces.TryPeek(out var oldest) && Start + oldest.Length <= needed)
        {
            _pieces.Dequeue();
            Start += oldest.Length;
        }
    }

    /// <summary>What stands at an offset, as far as it came in one piece.</summary>
    /// <param name="offset">Between start and end.</param>
    /// <returns>The bytes; none at the end.</returns>
    public ReadOnlyMemory<byte> Read(long offset)
    {
        var at = Start;
        foreach (var piece in _pieces)
        {
            if (offset < at + piece.Length) return piece[(int)(offset - at)..];
            at += piece.Length;
        }

        return default;
    }
}
