using System.Net.Sockets;

namespace Relay.Agent.Proxy.Local;

/// <summary>The ways in which a local connection ends.</summary>
internal static class SocketEnds
{
    private const int MostDrained = 1024 * 1024;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    /// <summary>Ends a connection with a reset, so that nobody takes what came for all there was.</summary>
    public static void Reset(this Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }

        socket.Dispose();
    }

    /// <summary>
    /// Ends a connection after its last answer. What the client still sends is read for a while: a close over unread bytes is a reset, and the
    /// client would lose the answer.
    /// </summary>
    public static async Task FinishAsync(this Socket socket, TimeProvider time)
    {
        using var late = new CancellationTokenSource(DrainTime, time);
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            var bytes = new byte[4096];
            var drained = 0;
            int read;
            while (drained < MostDrained && (read = await socket.ReceiveAsync(bytes, late.Token)) > 0) drained += read;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // However it ends, it ends.
        }

        socket.Dispose();
    }
}
