using Relay.Abstractions;

namespace Relay.Plugins.Echo;

/// <summary><c>echo_</c>: gives back what it gets. For measuring, so it does without <see cref="RelayPlugin"/>.</summary>
[RelayPlugin("echo_", Inline = true)]
public sealed class EchoPlugin : IRelayPlugin
{
    private PluginContext? _context;

    /// <inheritdoc/>
    public ValueTask StartAsync(PluginContext context, CancellationToken cancellation)
    {
        _context = context;
        return default;
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        var data = message.Data.Span;
        switch (message.Topic)
        {
            case "say":
                message.Reply("said", data);
                break;
            case "all":
                // The asker's copy is the reply, with its request_id; so every connection gets one frame.
                _context!.Push("said", data, message.SessionId, except: message.ConnectionId);
                message.Reply("said", data);
                break;
            default:
                message.Fail("unknown_topic", "echo_ has the topics say and all.");
                break;
        }

        return default;
    }
}
