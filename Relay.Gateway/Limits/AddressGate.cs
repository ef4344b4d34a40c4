using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Relay.Gateway.Limits;

/// <summary>
/// Counts the connections of each address before TLS and HTTP are spoken. The first request on one too many is answered 429; so that answers cost
/// no more than the limit either, one that is far beyond it is cut.
/// </summary>
internal static class AddressGate
{
    private const double FarBeyond = 2;

    /// <summary>Has a listener's connections counted. Before TLS.</summary>
    public static void CountAddresses(this ListenOptions listener, LimitTable limits) => listener.Use(next => connection => RunAsync(connection, next, limits));

    /// <summary>Whether a request came by a connection too many.</summary>
    public static bool IsBeyond(HttpContext context) => context.Features.Get<Mark>() is not null;

    private static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, LimitTable limits)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var share = limits.OpenAddress(address);
        try
        {
            if (share > 1)
            {
                limits.Refuse(LimitKind.AddressConnections, TimeSpan.Zero, null);
                connection.Features.Set(Mark.Instance);
            }

            if (share > FarBeyond) connection.Abort();
            else await next(connection);
        }
        finally
        {
            limits.CloseAddress(address);
        }
    }

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
