using System.Text.Json;

namespace Relay.Core.Nodes.Wire;

/// <summary>Reads a text frame. What the other side may not send is a fault; members that a message does not have are passed over.</summary>
public static class NodeMessageReader
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Reads a message.</summary>
    /// <param name="frame">The frame's payload.</param>
    /// <param name="sender">Who has sent it.</param>
    /// <param name="message">The message; null with a fault.</param>
    /// <returns>What is wrong with it.</returns>
    public static NodeWireFault TryRead(ReadOnlyMemory<byte> frame, NodeSide sender, out NodeMessage? message)
    {
        message = null;
        if (frame.Length > NodeWire.MaxControlBytes) return NodeWireFault.ControlTooBig;
        try
        {
            using var document = JsonDocument.Parse(frame, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return NodeWireFault.NotAnObject;
            if (!document.RootElement.TryGetProperty("type"u8, out var type) || type.ValueKind != JsonValueKind.String) return NodeWireFault.UnknownType;
            var members = new NodeMembers(document.RootElement);
            message = sender == NodeSide.Node ? FromNode(type.GetString(), members) : FromRelay(type.GetString(), members);
            message ??= FromBoth(type.GetString(), members);
            if (!members.AreGood) message = null;
            return message is not null ? NodeWireFault.None : members.AreGood ? NodeWireFault.UnknownType : NodeWireFault.BadMember;
        }
        catch (JsonException)
        {
            return NodeWireFault.NotAnObject;
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair in it, or bytes that are no UTF-8.
            return NodeWireFault.BadMember;
        }
    }

    private static NodeMessage? FromNode(string? type, NodeMembers members) => type switch
    {
        "hello" => new NodeHello(
            members.Text("node_id"u8, NodeWire.MaxNameBytes),
            members.Names("models"u8),
            members.Number("capacity"u8, 0, NodeWire.MaxCapacity),
            members.TextOrEmpty("version"u8, NodeWire.MaxVersionBytes)),
        "heartbeat" => new NodeHeartbeat(
            members.Number("in_flight"u8, 0, int.MaxValue),
            members.Number("capacity"u8, 0, NodeWire.MaxCapacity),
            members.Has("models"u8) ? members.Names("models"u8) : null),
        "response" => new NodeResponse(members.Id(), members.Number("status"u8, 200, 599), members.Headers()),
        "error" => new NodeError(members.Id(), members.Code("code"u8), members.TextOrEmpty("message"u8, NodeWire.MaxErrorMessageBytes)),
        _ => null,
    };

    private static NodeMessage? FromRelay(string? type, NodeMembers members) => type switch
    {
        "welcome" => new NodeWelcome(
            TimeSpan.FromMilliseconds(members.Number("heartbeat_ms"u8, 100, 600_000)),
            members.Number("chunk_bytes"u8, NodeWire.MinChunkBytes, NodeWire.MaxChunkBytes),
            members.Number("window_bytes"u8, NodeWire.MinWindowBytes, NodeWire.MaxWindowBytes),
            members.Long("max_body_bytes"u8, 0, NodeWire.MaxRequestId),
            members.TextOrEmpty("version"u8, NodeWire.MaxVersionBytes)),
        "request" => new NodeRequest(
            members.Id(),
            members.Method("method"u8),
            members.Path("path"u8),
            members.Headers(),
            members.Long("content_length"u8, 0, NodeWire.MaxRequestId)),
        "cancel" => new NodeCancel(members.Id()),
        "resume" => new NodeResume(),
        _ => null,
    };

    private static NodeMessage? FromBoth(string? type, NodeMembers members) => type switch
    {
        "credit" => new NodeCredit(members.Id(), members.Number("bytes"u8, 1, NodeWire.MaxWindowBytes)),
        "drain" => new NodeDrain(),
        _ => null,
    };
}
