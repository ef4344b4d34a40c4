namespace Relay.Core.Tunnel;

/// <summary>
/// Reads <see cref="TunnelChunk"/>s from the payload of WebSocket messages, which may come in any pieces. The data is not copied: it is handed on
/// as parts of what was given. After a fault nothing more may be read.
/// </summary>
public sealed class ChunkReader
{
    // A length in groups of seven bits: one that begins beyond this bit is refused.
    private const int LastShift = 28;

    private bool _inHeader;
    private bool _inData;
    private int _shift;
    private ulong _length;
    private int _left;

    /// <summary>Reads more of a message.</summary>
    /// <param name="input">What came of a message. All of it is read.</param>
    /// <param name="endsMessage">Whether the message ends where the input ends.</param>
    /// <param name="data">The part of the chunk's data that is in the input.</param>
    /// <param name="fault">What is wrong with the chunk, or null.</param>
    /// <returns>Whether there is data. When not, and without a fault, more of the message must come, or it was a chunk without data.</returns>
    public bool TryRead(ReadOnlySpan<byte> input, bool endsMessage, out ReadOnlySpan<byte> data, out string? fault)
    {
        data = default;
        fault = null;
        while (!_inData && !input.IsEmpty && fault is null)
        {
            fault = ReadHeader(input[0]);
            input = input[1..];
        }

        if (fault is not null) return false;
        var count = Math.Min(_left, input.Length);
        data = input[..count];
        input = input[count..];
        _left -= count;
        if (_inData && _left == 0 && !input.IsEmpty) fault = "bytes behind the data";
        else if (endsMessage && input.IsEmpty) fault = EndMessage();
        return count > 0 && fault is null;
    }

    private string? ReadHeader(byte next)
    {
        if (!_inHeader)
        {
            (_inHeader, _shift, _length) = (true, 0, 0);
            return next == TunnelChunk.Tag ? null : "a tag that is not 0x0A";
        }

        if (_shift > LastShift) return "a length of more than five bytes";
        _length |= (ulong)(next & 0x7F) << _shift;
        _shift += 7;
        if (_length > TunnelChunk.MaxData) return "more data than a chunk may have";
        if ((next & 0x80) != 0) return null;
        (_inHeader, _inData, _left) = (false, true, (int)_length);
        return null;
    }

    // A message of no bytes at all is a chunk without data as well: that is how protobuf writes it.
    private string? EndMessage()
    {
        if (_inHeader) return "a message that ends inside the length";
        if (_left > 0) return "a message that ends before its data";
        _inData = false;
        return null;
    }
}
