namespace Relay.WebSockets;

/// <summary>What a try to read gave.</summary>
internal enum ReadStatus : byte
{
    /// <summary>Nothing yet: more bytes must arrive.</summary>
    NeedMore,

    /// <summary>A whole data message, whatever number of frames it came in.</summary>
    Message,

    /// <summary>Data frames or parts of one, ready to be passed on.</summary>
    Piece,
    Ping,
    Pong,
    Close,

    /// <summary>The peer broke the protocol or a limit; nothing after it is read.</summary>
    Violation,
}

/// <summary>What arrived. Its payload is an array of its own, never written again, so it may be kept and shared.</summary>
internal readonly struct IncomingFrame
{
    private IncomingFrame(ReadStatus kind, byte[] payload, bool isText = false, int closeCode = 0, string reason = "", int messages = 0, bool endsInside = false)
    {
        Messages = messages;
        EndsInside = endsInside;
        Kind = kind;
        IsText = isText;
        CloseCode = (ushort)closeCode;
        Payload = payload;
        Reason = reason;
    }

    public ReadStatus Kind { get; }

    public bool IsText { get; }

    /// <summary>Of a close: the peer's code, or <see cref="CloseCodes.NoStatus"/>. Of a violation: the code it is answered with.</summary>
    public ushort CloseCode { get; }

    /// <summary>Of a message, piece, ping or pong, unmasked; empty otherwise.</summary>
    public byte[] Payload { get; }

    /// <summary>Of a close: what the peer wrote. Of a violation: what was wrong, in words for a log or a close frame.</summary>
    public string Reason { get; }

    /// <summary>Of a piece: how many messages end in it.</summary>
    public int Messages { get; }

    /// <summary>Of a piece: whether it ends inside a frame, whose rest comes with the next piece.</summary>
    public bool EndsInside { get; }

    public static IncomingFrame Message(byte[] payload, bool isText) => new(ReadStatus.Message, payload, isText);

    /// <summary>Bytes as an unmasked end sends them, headers included.</summary>
    public static IncomingFrame Piece(byte[] bytes, int messages, bool endsInside) => new(ReadStatus.Piece, bytes, messages: messages, endsInside: endsInside);

    public static IncomingFrame Ping(byte[] payload) => new(ReadStatus.Ping, payload);

    public static IncomingFrame Pong(byte[] payload) => new(ReadStatus.Pong, payload);

    public static IncomingFrame Close(int code, string reason) => new(ReadStatus.Close, [], closeCode: code, reason: reason);

    public static IncomingFrame Violation(int code, string reason) => new(ReadStatus.Violation, [], closeCode: code, reason: reason);
}
