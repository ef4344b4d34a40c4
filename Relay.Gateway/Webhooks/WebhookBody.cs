using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Webhooks;

/// <summary>The body of a delivery, which is also what the disk keeps.</summary>
internal static class WebhookBody
{
    /// <summary>Events that one delivery has at the most.</summary>
    public const int PageEvents = 100;

    public static string NameOf(RelayEventKind kind) => kind switch
    {
        RelayEventKind.Connected => "connected",
        RelayEventKind.Disconnected => "disconnected",
        RelayEventKind.FirstIn => "first_in",
        RelayEventKind.LastOut => "last_out",
        RelayEventKind.PluginFailed => "plugin_failed",
        RelayEventKind.RoomFirstIn => "room_first_in",
        RelayEventKind.RoomLastOut => "room_last_out",
        RelayEventKind.RoomJoined => "room_joined",
        RelayEventKind.RoomLeft => "room_left",
        RelayEventKind.PeerConnected => "peer_connected",
        RelayEventKind.PeerDisconnected => "peer_disconnected",
        RelayEventKind.NodeConnected => "node_connected",
        RelayEventKind.NodeDisconnected => "node_disconnected",
        RelayEventKind.TunnelOpened => "tunnel_opened",
        RelayEventKind.TunnelClosed => "tunnel_closed",
    };

    /// <summary>Writes a body.</summary>
    /// <param name="tenant">Whose events.</param>
    /// <param name="delivery">The delivery's id: the same each time that it is tried.</param>
    /// <param name="batch">The events.</param>
    public static byte[] Write(TenantId tenant, string delivery, EventBatch batch)
    {
        var buffer = new ArrayBufferWriter<byte>(160 + (160 * batch.Events.Count));
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("tenant"u8, tenant.Name);
        json.WriteString("delivery"u8, delivery);
        json.WriteString("process"u8, batch.Process);
        json.WriteNumber("missed"u8, batch.Missed);
        json.WriteStartArray("events"u8);
        foreach (var one in batch.Events) Write(json, one);
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

    private static void Write(Utf8JsonWriter json, KeptEvent one)
    {
        var (happened, id, at) = one;
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("event"u8, NameOf(happened.Kind));
        json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        if (happened.UserId.Length > 0) json.WriteString("user_id"u8, happened.UserId);
        json.WriteString(SubjectOf(happened.Kind), happened.Subject);
        if (happened.ConnectionId.Length > 0) json.WriteString("connection_id"u8, happened.ConnectionId);
        switch (happened.Kind)
        {
            case <= RelayEventKind.PluginFailed:
                json.WriteNumber("connections"u8, happened.Connections);
                break;
            case RelayEventKind.NodeConnected or RelayEventKind.NodeDisconnected:
                json.WriteStartArray("models"u8);
                foreach (var model in happened.Models) json.WriteStringValue(model);
                json.WriteEndArray();
                break;
            case RelayEventKind.TunnelClosed:
                json.WriteNumber("bytes_up"u8, happened.BytesUp);
                json.WriteNumber("bytes_down"u8, happened.BytesDown);
                json.WriteString("reason"u8, happened.Reason);
                break;
        }

        json.WriteEndObject();
    }

    private static string SubjectOf(RelayEventKind kind) => kind switch
    {
        RelayEventKind.PluginFailed => "plugin",
        <= RelayEventKind.PluginFailed => "connection_id",
        <= RelayEventKind.RoomLeft => "room",
        <= RelayEventKind.PeerDisconnected => "peer_id",
        <= RelayEventKind.NodeDisconnected => "node_id",
        _ => "tunnel",
    };
}
