using System.Net;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace Relay.Agent.Connecting;

/// <summary>Opens a WebSocket to the relay.</summary>
internal static class RelayDialer
{
    // A ping each 8 s, and 8 s for its answer: a link that died without a word, under a suspended laptop too, is noticed within 20 s.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    /// <exception cref="DialException">There is no connection.</exception>
    public static async Task<ClientWebSocket> DialAsync(RelayTarget target, TimeProvider time, CancellationToken cancel, params IEnumerable<string> subprotocols)
    {
        var socket = new ClientWebSocket();
        using var late = new CancellationTokenSource(ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            if (target.Token.Read() is { } token) socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
            foreach (var subprotocol in subprotocols)
                socket.Options.AddSubProtocol(subprotocol);
            socket.Options.CollectHttpResponseDetails = true;
            socket.Options.KeepAliveInterval = PingInterval;
            socket.Options.KeepAliveTimeout = PingInterval;
            await socket.ConnectAsync(target.Address, both.Token);
            return socket;
        }
        catch (Exception fault) when (fault is WebSocketException or IOException or HttpRequestException or OperationCanceledException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw new DialException(Why(fault, status, late.IsCancellationRequested), status, fault);
        }
    }

    private static string Why(Exception fault, HttpStatusCode status, bool late) => status switch
    {
        0 when late => $"no answer within {ConnectTimeout.TotalSeconds} s",
        // The others' message about it is that there is another message.
        0 when fault.GetBaseException() is AuthenticationException untrusted => untrusted.Message,
        0 => (fault.InnerException ?? fault).Message,
        HttpStatusCode.SwitchingProtocols => "it is not a relay that speaks this protocol: " + fault.Message,
        _ => Why(status),
    };

    /// <summary>What a status says that is not the upgrade's.</summary>
    public static string Why(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => "the relay does not accept the token (401)",
        HttpStatusCode.Forbidden => "the relay refuses this token here (403)",
        HttpStatusCode.NotFound => "there is no such address at the relay (404)",
        _ => $"the relay answered with status {(int)status}",
    };
}
