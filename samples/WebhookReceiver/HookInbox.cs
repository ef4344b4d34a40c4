using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace WebhookReceiver;

/// <summary>
/// Takes deliveries: those that the relay has signed a moment ago, each of its requests once, each event once. What is remembered here is lost with the process;
/// a receiver that must not apply an event twice keeps the ids of events in the database that the events change, in the same transaction.
/// </summary>
/// <param name="secret">The relay's <c>webhooks.secret</c>.</param>
/// <param name="time">The clock.</param>
/// <param name="apply">What is done with an event.</param>
internal sealed class HookInbox(byte[] secret, TimeProvider time, Action<JsonElement> apply)
{
    // The relay's clock and this one may differ by so much; what is older was overheard.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int MaxIds = 100_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _idsInOrder = new();

    // Signatures within the window: the relay signs each of its attempts anew, so one that comes again comes from somebody else.
    private readonly HashSet<string> _signatures = new(StringComparer.Ordinal);
    private readonly Queue<(string Signature, DateTimeOffset At)> _signaturesInOrder = new();

    /// <summary>Takes one request.</summary>
    /// <param name="timestamp"><c>Relay-Timestamp</c>.</param>
    /// <param name="signatures"><c>Relay-Signature</c>: one, or two while the secret is changed.</param>
    /// <param name="body">The body, byte by byte.</param>
    /// <returns>The status of the answer. Anything but 2xx, and the relay sends it again.</returns>
    public HttpStatusCode Take(string timestamp, string signatures, byte[] body)
    {
        var now = time.GetUtcNow();
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > uint.MaxValue) return HttpStatusCode.Unauthorized;
        if ((now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Window) return HttpStatusCode.Unauthorized;
        byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp + "."), .. body];
        var expected = "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed));
        if (!signatures.Split(',').Any(one => IsSame(one, expected))) return HttpStatusCode.Unauthorized;
        lock (_gate)
        {
            // A signature is forgotten when its timestamp is refused anyhow: twice the window, since a timestamp may lie ahead.
            while (_signaturesInOrder.TryPeek(out var oldest) && now - oldest.At > 2 * Window) _signatures.Remove(_signaturesInOrder.Dequeue().Signature);
            if (!_signatures.Add(expected)) return HttpStatusCode.Conflict;
            _signaturesInOrder.Enqueue((expected, now));
            using var delivery = JsonDocument.Parse(body);
            foreach (var one in delivery.RootElement.GetProperty("events").EnumerateArray())
                if (IsNew(one.GetProperty("id").GetString()!)) apply(one);
            return HttpStatusCode.NoContent;
        }
    }

    private static bool IsSame(string given, string expected) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given.Trim()), Encoding.UTF8.GetBytes(expected));

    private bool IsNew(string id)
    {
        if (!_ids.Add(id)) return false;
        _idsInOrder.Enqueue(id);
        if (_idsInOrder.Count > MaxIds) _ids.Remove(_idsInOrder.Dequeue());
        return true;
    }
}
