using System.Net;
using System.Text.Json;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Gateway.Connections;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>
/// One connection's fresh tokens: <c>{"type":"authenticate","data":{"token":"…"}}</c>. A fresh token moves the connection's end; it is the same user's, with the same
/// scopes, because a hub elsewhere knows the connection by those that it came with.
/// </summary>
internal sealed class TokenRenewal(TokenVerifier verifier, IPAddress? address)
{
    // A client that goes on sending bad ones learns nothing, and costs no more signatures.
    private const int MaxFailures = 10;

    private int _failures;
    private int _busy;

    /// <summary>The message's type: without the <c>_</c> that every plugin's prefix ends with, so it is no plugin's.</summary>
    public static ReadOnlySpan<byte> Type => "authenticate"u8;

    /// <summary>Takes such a message, and answers it.</summary>
    public void Take(Connection connection, in ClientEnvelope message)
    {
        if (TokenOf(message.Data) is not { } token) Refuse(connection, message, "data.token is the token.");
        else if (Volatile.Read(ref _failures) >= MaxFailures) Refuse(connection, message, "Too many were not valid: connect anew.");
        else if (Interlocked.Exchange(ref _busy, 1) != 0) Refuse(connection, message, "One at a time.");
        else _ = RenewAsync(connection, message, token);
    }

    private async Task RenewAsync(Connection connection, ClientEnvelope message, string token)
    {
        try
        {
            var (fault, identity) = await verifier.JudgeAsync(token, address);
            if (fault != AuthFault.None || identity is not { Identity: { } fresh } of || !IsSame(connection.Identity, fresh) || (of.Roles & RoleTable.For(Access.Hub)) == 0)
            {
                Interlocked.Increment(ref _failures);
                Refuse(connection, message, null);
            }
            else
            {
                connection.Renew(fresh.Expires, of.Credential);

                // Whose key was taken away meanwhile is not seen by the sweep that looked before.
                if (!verifier.IsTrusted(new(fresh.Tenant), of.Credential)) connection.Close(ErrorCode.TokenExpired);
                connection.Answer(Frames.Authenticated(fresh.Expires, message.RequestId), message.Credit);
            }
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private static void Refuse(Connection connection, in ClientEnvelope message, string? why) =>
        connection.Answer(Frames.Error(ErrorCode.InvalidToken, why, message.RequestId), message.Credit);

    private static bool IsSame(UserIdentity known, UserIdentity fresh) =>
        known.Tenant == fresh.Tenant && known.UserId == fresh.UserId && known.Scopes.SetEquals(fresh.Scopes);

    private static string? TokenOf(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty) return null;
        using var json = JsonDocument.Parse(data);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("token", out var token) && token.ValueKind == JsonValueKind.String
            && token.GetString() is { Length: > 0 and <= TokenOutline.MaxLength } text ? text : null;
    }
}
