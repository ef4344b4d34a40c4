using System.Buffers;
using System.Net;
using System.Text.Json;
using Relay.Core.Errors;
using Relay.Core.Telemetry;
using Relay.Gateway.Auth;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Webhooks;

/// <summary>Asks the tenant's own program whether a WebSocket may enter, behind all that the relay itself asks.</summary>
internal sealed class ConnectHook(WebhookClient client, WebhookCounters counters, TimeProvider time, ILogger<ConnectHook> logger)
{
    // Whoever asks for more at a time gets what the settings say about a program that does not answer.
    private const int MaxAsked = 1024;

    // A receiver that is away while everybody comes back must not fill the log: the rest is counted.
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    // Whoever says allow twice has not said which.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private int _asked;
    private long _logged = time.GetTimestamp() - time.TimestampFrequency;

    /// <summary>Asks.</summary>
    /// <returns>Why not, or null when it may.</returns>
    public async ValueTask<Refusal?> AskAsync(HttpContext context, Admitted who, Access access)
    {
        var hooks = who.Policy.Settings.Webhooks;
        if (hooks.ConnectUrl.Length == 0) return null;
        HttpStatusCode? status = null;
        byte[] answer = [];
        var began = counters.Questions.Begin(time);
        try
        {
            if (Interlocked.Increment(ref _asked) <= MaxAsked && hooks.IsSigned)
                (status, answer, _) = await client.PostAsync(RelayTrace.ConnectHook, who.Tenant, hooks.ConnectUrl, hooks, Question(context, who, access), hooks.ConnectTimeout, [], context.RequestAborted);
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
            counters.Questions.End(time, began);
        }

        if (status == HttpStatusCode.OK && TryRead(answer, out var isAllowed)) return isAllowed ? null : Refuse(who.Policy);
        if (status == HttpStatusCode.Forbidden) return Refuse(who.Policy);
        counters.FailConnect();
        if (MayLog()) WebhookLog.NoDecision(logger, who.Tenant, (int)(status ?? 0));
        return hooks.ConnectFailsOpen ? null : new(StatusCodes.Status503ServiceUnavailable, "admission_unavailable", "Whoever decides about connections cannot be asked now.")
        {
            Closes = (who.Policy, ErrorCode.AdmissionUnavailable),
        };
    }

    // Never the query or the headers: they may hold a token.
    private static byte[] Question(HttpContext context, Admitted who, Access access)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("tenant"u8, who.Tenant.Name);
        json.WriteString("user_id"u8, who.Identity?.UserId);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in who.Identity?.Scopes ?? Enumerable.Empty<string>()) json.WriteStringValue(scope);
        json.WriteEndArray();
        json.WriteString("job"u8, access.ToString().ToLowerInvariant());
        json.WriteStartArray("path"u8);
        foreach (var segment in context.Features.Get<IRelayPath>()?.Segments ?? []) json.WriteStringValue(segment);
        json.WriteEndArray();
        json.WriteString("address"u8, context.Connection.RemoteIpAddress?.ToString());
        json.WriteString("origin"u8, context.Request.Headers.Origin is [{ } origin] ? origin : null);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static bool TryRead(byte[] answer, out bool isAllowed)
    {
        isAllowed = false;
        try
        {
            using var json = JsonDocument.Parse(answer, Strict);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("allow", out var allow)) return false;
            isAllowed = allow.ValueKind == JsonValueKind.True;
            return allow.ValueKind is JsonValueKind.True or JsonValueKind.False;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private bool MayLog()
    {
        var (last, now) = (Interlocked.Read(ref _logged), time.GetTimestamp());
        return time.GetElapsedTime(last, now) >= LogInterval && Interlocked.CompareExchange(ref _logged, now, last) == last;
    }

    private Refusal Refuse(Tenant tenant)
    {
        counters.RefuseConnect();
        return new(StatusCodes.Status403Forbidden, "not_admitted", "The tenant does not let this connection in.") { Closes = (tenant, ErrorCode.NotAdmitted) };
    }
}
