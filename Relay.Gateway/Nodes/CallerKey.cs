using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Relay.Abstractions;

namespace Relay.Gateway.Nodes;

/// <summary>Makes short keys of what must not be kept: credentials, and what callers say of their prompts.</summary>
internal static class CallerKey
{
    private const int Bytes = 12;

    /// <summary>A caller is its user; without one, whoever has the same credentials, or comes from the same address.</summary>
    public static string Of(HttpContext context, UserIdentity? identity)
    {
        if (identity is not null) return "u" + identity.UserId;
        var credentials = context.Request.Headers.Authorization.ToString();
        return credentials.Length > 0 ? "k" + Hash(credentials) : "a" + context.Connection.RemoteIpAddress;
    }

    /// <summary>A short stand-in for a text of any length.</summary>
    public static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, Bytes));
}
