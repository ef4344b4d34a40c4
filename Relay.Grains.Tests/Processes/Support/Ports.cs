using System.Net;
using System.Net.Sockets;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Ports for servers that take no port 0.</summary>
internal static class Ports
{
    private static int _last = 10_000 + Random.Shared.Next(15_000);

    /// <summary>Below the range of outgoing connections, so that nobody takes the port while its server is down; given once.</summary>
    public static int Next()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, Interlocked.Increment(ref _last));
            try
            {
                probe.Start();
                return ((IPEndPoint)probe.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
