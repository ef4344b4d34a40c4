using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Webhooks;

/// <summary>
/// What a receiver knows the relay by: an HMAC-SHA256 over the time, a dot and the body. The time is signed too, so that what somebody has overheard
/// cannot be sent again later.
/// </summary>
internal static class WebhookSignature
{
    public const string Header = "Relay-Signature";
    public const string TimestampHeader = "Relay-Timestamp";

    /// <summary>Signs a request.</summary>
    public static void Sign(HttpRequestMessage request, RelayWebhooksOptions hooks, byte[] body, DateTimeOffset now)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add(TimestampHeader, timestamp);
        var signature = Of(hooks.Secret, timestamp, body);
        request.Headers.Add(Header, hooks.PreviousSecret.Length == 0 ? signature : $"{signature},{Of(hooks.PreviousSecret, timestamp, body)}");
    }

    /// <summary>The signature of one secret.</summary>
    public static string Of(string secret, string timestamp, byte[] body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(timestamp + "."));
        hmac.AppendData(body);
        return "v1=" + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }
}
