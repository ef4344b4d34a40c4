namespace Relay.WebSockets;

/// <summary>
/// Grows with the bytes of a message that comes in pieces, never with what a header merely announces.
/// A mutable struct, kept in a field.
/// </summary>
internal struct MessageBuffer
{
    private const int SmallestArray = 512;

    private byte[]? _bytes;

    public int Count { get; private set; }

    /// <summary>
    /// Room for <paramref name="count"/> more bytes, which the caller fills. <paramref name="most"/> is what the message may come to:
    /// once that is in reach the array gets exactly this size, and need not be copied at the end.
    /// </summary>
    public Span<byte> Append(int count, int most)
    {
        var needed = Count + count;
        if (_bytes is null || _bytes.Length < needed)
        {
            var size = (int)Math.Min(Math.Max(2L * needed, SmallestArray), most);
            var larger = GC.AllocateUninitializedArray<byte>(size);
            _bytes?.AsSpan(0, Count).CopyTo(larger);
            _bytes = larger;
        }

        var room = _bytes.AsSpan(Count, count);
        Count = needed;
        return room;
    }

    /// <summary>The message in an array of exactly its size. The buffer is empty and holds nothing afterwards.</summary>
    public byte[] Detach()
    {
        var bytes = _bytes ?? [];
        if (bytes.Length != Count) bytes = bytes.AsSpan(0, Count).ToArray();
        this = default;
        return bytes;
    }
}
