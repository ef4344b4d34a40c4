using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Relay.Gateway.Connections;

/// <summary>The server's TCP socket. What the peer takes is known on Linux alone, whose kernel counts acknowledged bytes.</summary>
internal sealed class SocketTransport(IConnectionLifetimeFeature lifetime, Socket? socket) : ITransport
{
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;

    // Where the fields of struct tcp_info are, in the machine's byte order (linux/tcp.h; it only grows at its end).
    private const int UnacknowledgedSegments = 24;
    private const int AcknowledgedBytes = 120;
    private const int UnsentBytes = 144;
    private const int InfoSize = UnsentBytes + sizeof(uint);

    private ulong _acknowledged;

    // The lifetime's token alone would not do: it also tells the end of the peer's side, while the server's may still wait to be read.
    public bool IsOpen => socket?.Connected ?? !lifetime.ConnectionClosed.IsCancellationRequested;

    /// <summary>Ends when the peer has ended its side, or the connection is gone.</summary>
    public CancellationToken Ended => lifetime.ConnectionClosed;

    public static SocketTransport Of(IFeatureCollection features) =>
        new(features.GetRequiredFeature<IConnectionLifetimeFeature>(), features.Get<IConnectionSocketFeature>()?.Socket);

    public bool TookBytes()
    {
        if (socket is null || !OperatingSystem.IsLinux()) return false;
        Span<byte> info = stackalloc byte[InfoSize];
        try
        {
            if (socket.GetRawSocketOption(TcpLevel, TcpInfo, info) < InfoSize) return false;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed meanwhile, or no TCP.
            return false;
        }

        var before = _acknowledged;
        _acknowledged = MemoryMarshal.Read<ulong>(info[AcknowledgedBytes..]);
        var waits = MemoryMarshal.Read<uint>(info[UnacknowledgedSegments..]) != 0 || MemoryMarshal.Read<uint>(info[UnsentBytes..]) != 0;
        return waits && _acknowledged != before;
    }

    public void Abort() => lifetime.Abort();
}
