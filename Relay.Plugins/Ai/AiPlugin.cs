using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>
/// <c>ai_</c>: chats with a model. <c>chat</c> streams deltas as a detached request, <c>resume</c> goes on with one on another connection, <c>stop</c> ends one
/// that runs.
/// </summary>
/// <param name="client">The host's own client, when it has registered one; otherwise the tenant's nodes answer, or else the configured upstream.</param>
/// <param name="nodes">The machines that have dialled in, where there are such.</param>
/// <param name="usage">Counts the tokens of chats that do not go to nodes, where somebody wants to know.</param>
[RelayPlugin("ai_")]
public sealed class AiPlugin(IChatClient? client = null, IChatNodes? nodes = null, IChatUsage? usage = null) : IRelayPlugin
{
    // Nobody dials it: the nodes are the server.
    private static readonly Uri NodesAddress = new("http://nodes.invalid/v1");

    private readonly ResumableChats _resumable = new();
    private readonly RunningChats _running = new();
    private PluginContext _context = null!;
    private AiSettings _settings = null!;
    private ResumeBudget _budget = null!;
    private IChatClient? _client;

    /// <inheritdoc/>
    public ValueTask StartAsync(PluginContext context, CancellationToken cancellation)
    {
        var upstream = AiUpstream.Of(context.Settings);
        _context = context;
        _settings = upstream.Settings;
        _budget = upstream.Budget(context.User.Tenant);
        var configured = Metered(upstream.Client);
        _client = Metered(client) ?? (nodes is null ? configured : new NodesFirstChatClient(
            new OpenAiChatClient(NodesAddress, null, new HttpClient(nodes.For(context.User)) { Timeout = Timeout.InfiniteTimeSpan }), configured));
        return default;

        IChatClient? Metered(IChatClient? one) => one is null || usage is null ? one : new MeteredChatClient(one, usage, context.User);
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        switch (message.Topic)
        {
            case "chat":
                return ChatAsync(message);
            case "resume":
                return ResumeAsync(message);
            case "stop":
                Stop(message);
                return default;
            default:
                message.Fail("unknown_topic", "Not one of chat, resume, stop.");
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
        if (request.StreamId is { } id)
        {
            await BeginResumableAsync(message, request, chat, id, new() { ModelId = model });
            return;
        }

        try
        {
            await RunAsync(new StreamOutput(message.Detach(survivesDisconnect: request.Continue)), chat, request, new() { ModelId = model });
        }
        finally
        {
            _running.Remove(chat);
        }
    }

    private Task RunAsync(IChatOutput output, RunningChat chat, ChatRequest request, ChatOptions options) =>
        new ChatRun(_context, output, chat, _settings.IdleTimeout).RunAsync(_client!, request, options);

    // The chat runs beside its requests: the one that asked for it is its first reader.
    private async ValueTask BeginResumableAsync(PluginMessage message, ChatRequest request, RunningChat chat, string id, ChatOptions options)
    {
        var kept = new ResumableChat(_settings.ResumeWindow, _settings.ResumeBytes, _budget, _context.Time, _context.Stopping, _ => _resumable.Remove(id));
        if (_resumable.Add(id, kept) is { } refusal)
        {
            _running.Remove(chat);
            message.Fail(refusal, refusal == "busy" ? $"The user has {ResumableChats.Most} chats with a stream_id." : "There is a chat of this stream_id; ai_resume goes on with it.");
            return;
        }

        PluginStream stream;
        try
        {
            stream = message.Detach();
        }
        catch
        {
            _resumable.Remove(id);
            _running.Remove(chat);
            throw;
        }

        // The reader first, or what comes at once might be dropped before it is there.
        var reading = kept.ReadAsync(stream, 0);
        var running = RunAsync(kept, chat, request, options).ContinueWith(_ => _running.Remove(chat), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await Task.WhenAll(running, reading);
    }

    private async ValueTask ResumeAsync(PluginMessage message)
    {
        if (!ResumeRequest.TryRead(message.Data, out var request, out var fault))
            message.Fail("invalid_data", fault);
        else if (_resumable.Find(request.StreamId) is { } chat)
            await chat.ReadAsync(message.Detach(), request.From);
        else
            message.Fail("stream_not_found", "No chat of this stream_id runs or is kept.");
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
