using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Relay.Core.Nodes.Wire;
using Relay.Gateway.Api;
using Relay.Gateway.WebSockets;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary>The opening handshake of RFC 6455, section 4.2, over ASP.NET's upgrade.</summary>
internal static class WebSocketHandshake
{
    /// <summary>The relay's own subprotocol; a client that offers it gets it back.</summary>
    public const string Subprotocol = "relay.v1";

    private const int KeyBytes = 16;

    private static readonly string[] Subprotocols = [Subprotocol, NodeWire.Subprotocol];

    /// <summary>Whether a request asks for a WebSocket, be it in the right way or not.</summary>
    public static bool IsWanted(HttpRequest request) => HasToken(request.Headers.Upgrade, "websocket");

    /// <summary>Whether a client speaks a subprotocol.</summary>
    public static bool Offers(HttpRequest request, string subprotocol) => HasToken(request.Headers.SecWebSocketProtocol, subprotocol);

    /// <summary>Checks the request. When it is no proper handshake it is answered: 405, 426 or 400.</summary>
    /// <returns>True when <see cref="AcceptAsync(HttpContext)"/> may follow.</returns>
    public static async ValueTask<bool> CheckAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method))
        {
            context.Response.Headers.Allow = "GET";
            await ApiError.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "A WebSocket begins with GET.");
            return false;
        }

        // A server that waits for a body would take the first frames for it.
        if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0)
        {
            await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_handshake", "A WebSocket's handshake has no body.");
            return false;
        }

        if (!HttpProtocol.IsHttp11(request.Protocol) || context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || !HasToken(request.Headers.Upgrade, "websocket"))
        {
            context.Response.Headers.Upgrade = "websocket";
            await ApiError.WriteAsync(context, StatusCodes.Status426UpgradeRequired, "upgrade_required", "This address speaks WebSocket.");
            return false;
        }

        if (request.Headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            await ApiError.WriteAsync(context, StatusCodes.Status426UpgradeRequired, "upgrade_required", "This address speaks version 13 of WebSocket.");
            return false;
        }

        if (!IsKey(request.Headers.SecWebSocketKey))
        {
            await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_handshake", "Sec-WebSocket-Key is not 16 bytes of base64.");
            return false;
        }

        return true;
    }

    /// <summary>The socket that the connection becomes. Nothing is read from it or written to it before <see cref="AcceptAsync(HttpContext)"/> has ended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="reader">How its frames are read.</param>
    public static IFrameSocket Socket(HttpContext context, IFrameReader reader)
    {
        var (transport, abort) = Transport(context);
        return new PipeSocket(transport, reader, abort);
    }

    /// <summary>Answers 101, with the subprotocol of the relay's that the client offers.</summary>
    public static Task AcceptAsync(HttpContext context) => AcceptAsync(context, Subprotocols.FirstOrDefault(one => Offers(context.Request, one)));

    /// <summary>Answers 101.</summary>
    /// <param name="context">The request.</param>
    /// <param name="subprotocol">The subprotocol, one of those that the client offers, or null.</param>
    public static Task AcceptAsync(HttpContext context, string? subprotocol)
    {
        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.Connection = "Upgrade";
        headers.SecWebSocketAccept = Accept(context.Request.Headers.SecWebSocketKey!);
        if (subprotocol is not null) headers.SecWebSocketProtocol = subprotocol;

        // A slow reader is the outbox's affair: the server must not cut it for its rate.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>The bytes that follow the handshake, and what cuts the connection.</summary>
    public static (IDuplexPipe Transport, Action Abort) Transport(HttpContext context)
    {
        // Not the stream that the upgrade gives: it adds two waits and a copy to every read, and a lock to every write.
        var transport = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport;

        // Not the context's own Abort: it throws once the request is over, which may be in the very moment of an abort.
        var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        return (transport, lifetime.Abort);
    }

    private static bool HasToken(Microsoft.Extensions.Primitives.StringValues values, string token)
    {
        foreach (var value in values)
        {
            foreach (var range in value.AsSpan().Split(','))
                if (value.AsSpan()[range].Trim().Equals(token, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static bool IsKey(string? key)
    {
        Span<byte> decoded = stackalloc byte[KeyBytes + 2];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, decoded, out var length) && length == KeyBytes;
    }

    private static string Accept(string key)
    {
        Span<byte> text = stackalloc byte[60];
        Encoding.ASCII.GetBytes(key, text);
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8.CopyTo(text[24..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(text, hash);
        return Convert.ToBase64String(hash);
    }
}
