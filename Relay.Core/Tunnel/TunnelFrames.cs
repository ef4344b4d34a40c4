using System.Buffers.Binary;

namespace Relay.Core.Tunnel;

/// <summary>The kinds of frames of <c>relay.tunnel.v2</c>. The numbers are the wire's.</summary>
public enum TunnelFrameType : byte
{
    /// <summary>To the relay: a new tunnel. Body: credit, target.</summary>
    Open = 1,

    /// <summary>To the client: the tunnel is open. Body: credit.</summary>
    Opened = 2,

    /// <summary>To the client: there will be no tunnel. Body: HTTP status, text.</summary>
    Refused = 3,

    /// <summary>Bytes of a tunnel.</summary>
    Data = 4,

    /// <summary>The sender takes so many more bytes. Body: credit.</summary>
    Credit = 5,

    /// <summary>The sender's direction has ended.</summary>
    End = 6,

    /// <summary>The tunnel is broken off, both directions. Body: <see cref="TunnelReset"/>.</summary>
    Reset = 7,

    /// <summary>Asks for a pong. Body: eight bytes.</summary>
    Ping = 8,

    /// <summary>Answers a ping with its eight bytes.</summary>
    Pong = 9,
}

/// <summary>Why a tunnel was broken off. The numbers are the wire's.</summary>
public enum TunnelReset : byte
{
    /// <summary>The sender's own side of the tunnel was broken off: the local client's or the target's.</summary>
    Broken = 0,

    /// <summary>Nothing came for <c>tunnel.idle_timeout</c>.</summary>
    Idle = 1,

    /// <summary>The user, or the tenant, has had its bytes.</summary>
    Quota = 2,

    /// <summary>The relay is being stopped.</summary>
    GoingAway = 3,
}

/// <summary>Writes frames of <c>relay.tunnel.v2</c>: one in each binary WebSocket message. See docs/protocol.md.</summary>
public static class TunnelFrames
{
    /// <summary>The WebSocket subprotocol.</summary>
    public const string Subprotocol = "relay.tunnel.v2";

    /// <summary>The type, and the stream in four bytes, big-endian.</summary>
    public const int HeaderSize = 5;

    /// <summary>The most bytes in one <see cref="TunnelFrameType.Data"/>.</summary>
    public const int MaxData = 256 * 1024;

    /// <summary>The credit that each direction of a tunnel begins with.</summary>
    public const int InitialCredit = 64 * 1024;

    /// <summary>The most credit that one direction may have at any time.</summary>
    public const int MaxCredit = int.MaxValue;

    /// <summary>The bytes of a ping.</summary>
    public const int PingSize = 8;

    /// <summary>The longest frame other than data.</summary>
    public const int MaxControl = HeaderSize + 2 + ConnectReply.MaxBody;

    /// <summary>Writes the header; the body follows it.</summary>
    /// <param name="destination">At least <see cref="HeaderSize"/> bytes.</param>
    /// <param name="type">The kind.</param>
    /// <param name="stream">The tunnel; 0 for a ping or pong.</param>
    /// <returns>The header's size.</returns>
    public static int WriteHeader(Span<byte> destination, TunnelFrameType type, uint stream)
    {
        destination[0] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], stream);
        return HeaderSize;
    }

    /// <summary>A new tunnel.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="stream">Higher than all before it on this socket.</param>
    /// <param name="credit">What the relay may send beyond <see cref="InitialCredit"/>.</param>
    /// <param name="target">Such as <c>example.com:443</c>.</param>
    /// <returns>The frame's size.</returns>
    public static int WriteOpen(Span<byte> destination, uint stream, uint credit, TunnelTarget target)
    {
        var size = WriteNumber(destination, TunnelFrameType.Open, stream, credit);
        return size + System.Text.Encoding.ASCII.GetBytes(target.ToString(), destination[size..]);
    }

    /// <summary>The tunnel is open.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="stream">The tunnel.</param>
    /// <param name="credit">What the client may send beyond <see cref="InitialCredit"/>.</param>
    /// <returns>The frame's size.</returns>
    public static int WriteOpened(Span<byte> destination, uint stream, uint credit) => WriteNumber(destination, TunnelFrameType.Opened, stream, credit);

    /// <summary>There will be no tunnel.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="stream">The tunnel.</param>
    /// <param name="status">The HTTP status that an HTTP client is told.</param>
    /// <param name="text">A sentence for a person.</param>
    /// <returns>The frame's size.</returns>
    public static int WriteRefused(Span<byte> destination, uint stream, int status, string text)
    {
        var size = WriteHeader(destination, TunnelFrameType.Refused, stream);
        BinaryPrimitives.WriteUInt16BigEndian(destination[size..], (ushort)status);
        var body = ConnectReply.Cut(text);
        body.CopyTo(destination[(size + 2)..]);
        return size + 2 + body.Length;
    }

    /// <summary>The sender takes more bytes.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="stream">The tunnel.</param>
    /// <param name="credit">How many more, at least 1.</param>
    /// <returns>The frame's size.</returns>
    public static int WriteCredit(Span<byte> destination, uint stream, uint credit) => WriteNumber(destination, TunnelFrameType.Credit, stream, credit);

    /// <summary>The sender's direction has ended.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="stream">The tunnel.</param>
    /// <returns>The frame's size.</returns>
    public static int WriteEnd(Span<byte> destination, uint stream) => WriteHeader(destination, TunnelFrameType.End, stream);

    /// <summary>The tunnel is broken off.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="stream">The tunnel.</param>
    /// <param name="reason">Why.</param>
    /// <returns>The frame's size.</returns>
    public static int WriteReset(Span<byte> destination, uint stream, TunnelReset reason)
    {
        var size = WriteHeader(destination, TunnelFrameType.Reset, stream);
        destination[size] = (byte)reason;
        return size + 1;
    }

    /// <summary>A ping or its answer.</summary>
    /// <param name="destination">At least <see cref="MaxControl"/> bytes.</param>
    /// <param name="type">Ping or pong.</param>
    /// <param name="content">Any eight bytes; a pong's are its ping's.</param>
    /// <returns>The frame's size.</returns>
    public static int WritePing(Span<byte> destination, TunnelFrameType type, ulong content)
    {
        var size = WriteHeader(destination, type, 0);
        BinaryPrimitives.WriteUInt64BigEndian(destination[size..], content);
        return size + PingSize;
    }

    private static int WriteNumber(Span<byte> destination, TunnelFrameType type, uint stream, uint number)
    {
        var size = WriteHeader(destination, type, stream);
        BinaryPrimitives.WriteUInt32BigEndian(destination[size..], number);
        return size + sizeof(uint);
    }
}
