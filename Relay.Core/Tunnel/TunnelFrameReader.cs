using System.Buffers.Binary;
using System.Text;

namespace Relay.Core.Tunnel;

/// <summary>A frame of <c>relay.tunnel.v2</c> that was read, or a part of one with data.</summary>
public readonly ref struct TunnelFrame
{
    /// <summary>The kind.</summary>
    public TunnelFrameType Type { get; init; }

    /// <summary>The tunnel; 0 for a ping or pong.</summary>
    public uint Stream { get; init; }

    /// <summary>Of open, opened and credit: the credit. Of refused: the status. Of reset: the reason. Of ping and pong: the content.</summary>
    public ulong Number { get; init; }

    /// <summary>Of open: the target. Of refused: the text.</summary>
    public string? Text { get; init; }

    /// <summary>Of data: the bytes, a part of the input.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}

/// <summary>
/// Reads frames of <c>relay.tunnel.v2</c> from the payload of WebSocket messages, which may come in any pieces. Data is handed on in the parts in
/// which it comes, without a copy. What a number means for a stream is not this reader's affair. After a fault nothing more may be read.
/// </summary>
public sealed class TunnelFrameReader
{
    private readonly byte[] _held = new byte[TunnelFrames.MaxControl];
    private int _count;
    private int _data;

    private bool IsData => _count >= TunnelFrames.HeaderSize && _held[0] == (byte)TunnelFrameType.Data;

    private uint Stream => BinaryPrimitives.ReadUInt32BigEndian(_held.AsSpan(1));

    /// <summary>Reads more of a message: a frame, or a part of one with data.</summary>
    /// <param name="input">What came of a message. All of it is read.</param>
    /// <param name="endsMessage">Whether the message ends where the input ends.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="fault">What is wrong with the frame, or null.</param>
    /// <returns>Whether there is a frame. When not, and without a fault, more of the message must come.</returns>
    public bool TryRead(ReadOnlySpan<byte> input, bool endsMessage, out TunnelFrame frame, out string? fault)
    {
        frame = default;
        fault = null;
        if (!IsData)
        {
            // Of data only the header is held; of everything else all.
            var isHeader = _count < TunnelFrames.HeaderSize;
            Hold(ref input, (isHeader ? TunnelFrames.HeaderSize : _held.Length) - _count);
            if (isHeader && _count >= TunnelFrames.HeaderSize)
            {
                fault = FaultOfHeader();
                if (fault is null && !IsData) Hold(ref input, _held.Length - _count);
            }

            if (fault is null && !IsData && !input.IsEmpty) fault = "a frame that is too long";
            if (fault is not null) return false;
        }

        if (IsData)
        {
            if (input.Length > TunnelFrames.MaxData - _data) fault = "more data than a frame may have";
            else if (endsMessage && _data + input.Length == 0) fault = "a data frame without data";
            if (fault is not null) return false;
            frame = new() { Type = TunnelFrameType.Data, Stream = Stream, Data = input };
            _data += input.Length;
            if (endsMessage) (_count, _data) = (0, 0);
            return !frame.Data.IsEmpty;
        }

        if (!endsMessage) return false;
        fault = _count < TunnelFrames.HeaderSize ? "a message without a frame's header" : ReadControl(_held.AsSpan(TunnelFrames.HeaderSize.._count), out frame);
        _count = 0;
        return fault is null;
    }

    private void Hold(ref ReadOnlySpan<byte> input, int most)
    {
        var taken = input[..Math.Min(most, input.Length)];
        taken.CopyTo(_held.AsSpan(_count));
        _count += taken.Length;
        input = input[taken.Length..];
    }

    private string? FaultOfHeader()
    {
        if (_held[0] is < (byte)TunnelFrameType.Open or > (byte)TunnelFrameType.Pong) return "a frame of an unknown type";
        var ofSocket = _held[0] is (byte)TunnelFrameType.Ping or (byte)TunnelFrameType.Pong;
        return ofSocket == (Stream == 0) ? null : "a frame with a stream that it cannot have";
    }

    private string? ReadControl(ReadOnlySpan<byte> body, out TunnelFrame frame)
    {
        var type = (TunnelFrameType)_held[0];
        frame = default;
        var size = type switch
        {
            TunnelFrameType.Open or TunnelFrameType.Opened or TunnelFrameType.Credit => sizeof(uint),
            TunnelFrameType.Refused => sizeof(ushort),
            TunnelFrameType.Reset => 1,
            TunnelFrameType.Ping or TunnelFrameType.Pong => TunnelFrames.PingSize,
            _ => 0,
        };
        var hasText = type is TunnelFrameType.Open or TunnelFrameType.Refused;
        if (body.Length < size || (body.Length > size && !hasText)) return "a frame of the wrong length";
        var text = body[size..];
        if (type == TunnelFrameType.Open && text.Length is 0 or > TunnelTarget.MaxLength) return "an open frame without a target, or with one that is too long";
        var number = size switch
        {
            0 => 0UL,
            1 => body[0],
            sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(body),
            sizeof(uint) => BinaryPrimitives.ReadUInt32BigEndian(body),
            _ => BinaryPrimitives.ReadUInt64BigEndian(body),
        };
        if (type == TunnelFrameType.Credit && number == 0) return "a credit of nothing";
        frame = new()
        {
            Type = type,
            Stream = Stream,
            Number = number,
            Text = hasText ? (type == TunnelFrameType.Open ? Encoding.Latin1 : Encoding.UTF8).GetString(text) : null,
        };
        return null;
    }
}
