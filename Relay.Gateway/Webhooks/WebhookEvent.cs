using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Relay.Core;
using Relay.Core.Hubs;

namespace Relay.Gateway.Webhooks;

/// <summary>An event on its way to a receiver.</summary>
/// <param name="Happened">What has happened.</param>
/// <param name="Id">The event's id: the receiver knows one that comes twice by it.</param>
/// <param name="At">When.</param>
internal readonly record struct WebhookEvent(HubEvent Happened, string Id, DateTimeOffset At)
{
    /// <summary>Events that one delivery has at the most.</summary>
    public const int PageEvents = 100;

    public static string NameOf(HubEventKind kind) => kind switch
    {
        HubEventKind.Connected => "connected",
        HubEventKind.Disconnected => "disconnected",
        HubEventKind.FirstIn => "first_in",
        HubEventKind.LastOut => "last_out",
        HubEventKind.PluginFailed => "plugin_failed",
    };

    /// <summary>Writes the body of a delivery, which is also what the disk keeps.</summary>
    /// <param name="tenant">Whose events.</param>
    /// <param name="delivery">The delivery's id: the same each time that it is tried.</param>
    /// <param name="process">The process that tells: another one than before may have lost what the one before was about to tell.</param>
    /// <param name="missed">Events of the tenant, before these, that were not kept.</param>
    /// <param name="events">The events, in their order.</param>
    public static byte[] Write(TenantId tenant, string delivery, string process, long missed, IReadOnlyList<WebhookEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(160 + (160 * events.Count));
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("tenant"u8, tenant.Name);
        json.WriteString("delivery"u8, delivery);
        json.WriteString("process"u8, process);
        json.WriteNumber("missed"u8, missed);
        json.WriteStartArray("events"u8);
        foreach (var one in events) Write(json, one);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads of a kept body whose it is, and how many events it has.</summary>
    public static (TenantId Tenant, int Events) Read(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        return (new(json.RootElement.GetProperty("tenant").GetString()!), json.RootElement.GetProperty("events").GetArrayLength());
    }

    private static void Write(Utf8JsonWriter json, WebhookEvent one)
    {
        var (happened, id, at) = one;
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("event"u8, NameOf(happened.Kind));
        json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        json.WriteString("user_id"u8, happened.User.UserId);
        json.WriteString(happened.Kind == HubEventKind.PluginFailed ? "plugin"u8 : "connection_id"u8, happened.Subject);
        json.WriteNumber("connections"u8, happened.Connections);
        json.WriteEndObject();
    }
}
