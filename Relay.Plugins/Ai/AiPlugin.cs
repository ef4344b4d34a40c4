using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary><c>ai_</c>: chats with a model. <c>chat</c> streams deltas as a detached request, <c>stop</c> ends one that runs.</summary>
/// <param name="client">The host's own client, when it has registered one; otherwise the configured upstream answers.</param>
[RelayPlugin("ai_")]
public sealed class AiPlugin(IChatClient? client = null) : IRelayPlugin
{
    private readonly RunningChats _running = new();
    private PluginContext _context = null!;
    private AiSettings _settings = null!;
    private IChatClient? _client;

    /// <inheritdoc/>
    public ValueTask StartAsync(PluginContext context, CancellationToken cancellation)
    {
        var upstream = AiUpstream.Of(context.Settings);
        _context = context;
        _settings = upstream.Settings;
        _client = client ?? upstream.Client;
        return default;
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        switch (message.Topic)
        {
            case "chat":
                return ChatAsync(message);
            case "stop":
                Stop(message);
                return default;
            default:
                message.Fail("unknown_topic", "Not one of chat, stop.");
                return default;
        }
    }

    private async ValueTask ChatAsync(PluginMessage message)
    {
        if (!ChatRequest.TryRead(message.Data, out var request, out var fault))
        {
            message.Fail("invalid_data", fault);
            return;
        }
        if (_client is null)
        {
            message.Fail("no_upstream", "No model is connected or configured.");
            return;
        }
        // The host's client may have a model of its own.
        var model = request.Model ?? _settings.Model;
        if (model is null && client is null)
        {
            message.Fail("invalid_data", "data.model: missing, and no default is configured");
            return;
        }

        // Before the detach: it lets the next message in, which may be this chat's stop.
        var chat = _running.Add(message.ConnectionId, message.RequestId);
        try
        {
            var stream = message.Detach(survivesDisconnect: request.Continue);
            await new ChatRun(_context, stream, chat, _settings.IdleTimeout).RunAsync(_client, request, new() { ModelId = model });
        }
        finally
        {
            _running.Remove(chat);
        }
    }

    private void Stop(PluginMessage message)
    {
        if (!StopRequest.TryRead(message.Data, out var request, out var fault))
        {
            message.Fail("invalid_data", fault);
            return;
        }
        var found = _running.Stop(message.ConnectionId, request.RequestId);
        message.Reply("stopped", new StoppedData(request.RequestId, found), AiJson.Wire.StoppedData);
    }
}
