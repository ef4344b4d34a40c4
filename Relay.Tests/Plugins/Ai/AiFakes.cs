using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Relay.Abstractions;

namespace Relay.Tests.Plugins.Ai;

/// <summary>A frame that a client would get: the type (without the prefix) or <c>error:</c> and the code, and the data.</summary>
internal sealed record Sent(string Topic, JsonElement Data, string? Text = null);

/// <summary>A client's message whose answers a test awaits.</summary>
internal sealed class AiMessage(string topic, string data, string? requestId = "r1", string connectionId = "c1") : PluginMessage
{
    private readonly Channel<Sent> _sent = Channel.CreateUnbounded<Sent>();
    private AiStream? _stream;

    public override string Type => "ai_" + Topic;
    public override string Topic { get; } = topic;
    public override ReadOnlyMemory<byte> Data { get; } = Encoding.UTF8.GetBytes(data);
    public override ReadOnlyMemory<byte> Frame => throw new NotSupportedException();
    public override string? RequestId { get; } = requestId;
    public override string? SessionId => null;
    public override string ConnectionId { get; } = connectionId;
    public override UserIdentity Identity { get; } = new("default", "alice");

    public bool? SurvivesDisconnect { get; private set; }

    /// <summary>Set to refuse the detach.</summary>
    public int? OpenRequestLimit { get; init; }

    /// <summary>What a write waits for; room at once unless a test sets it.</summary>
    public Task Room { get; set; } = Task.CompletedTask;

    /// <summary>Ends when a write has begun, room or not.</summary>
    public TaskCompletionSource Writing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fired by a test as the runtime does on disconnect.</summary>
    public CancellationTokenSource Gone { get; } = new();

    public int KeepAlives { get; private set; }

    public async Task<Sent> NextAsync() => await _sent.Reader.ReadAsync().AsTask().WaitAsync(AiHost.Patience);

    /// <summary>Everything that was sent and not taken yet.</summary>
    public List<Sent> Rest()
    {
        var rest = new List<Sent>();
        while (_sent.Reader.TryRead(out var sent))
            rest.Add(sent);
        return rest;
    }

    public override bool Reply(string topic, ReadOnlySpan<byte> data = default) => Send(topic, data, null);

    public override bool Fail(string code, string message, ReadOnlySpan<byte> data = default) => Send("error:" + code, data, message);

    public override PluginStream Detach(bool survivesDisconnect = false)
    {
        if (OpenRequestLimit is { } limit)
            throw new TooManyOpenRequestsException(limit);
        SurvivesDisconnect = survivesDisconnect;
        return _stream ??= new(this);
    }

    private bool Send(string topic, ReadOnlySpan<byte> data, string? text) =>
        _sent.Writer.TryWrite(new(topic, data.IsEmpty ? default : JsonDocument.Parse(data.ToArray()).RootElement, text));

    private sealed class AiStream(AiMessage message) : PluginStream
    {
        private bool _ended;

        public override CancellationToken Cancelled => message.Gone.Token;

        public override async ValueTask<bool> WriteAsync(string topic, ReadOnlyMemory<byte> data = default)
        {
            message.Writing.TrySetResult();
            await message.Room;
            return !_ended && message.Send(topic, data.Span, null);
        }

        public override bool End(string topic, ReadOnlySpan<byte> data = default) => EndOnce() && message.Send(topic, data, null);

        public override bool Fail(string code, string text, ReadOnlySpan<byte> data = default) => EndOnce() && message.Send("error:" + code, data, text);

        public override void KeepAlive() => message.KeepAlives++;

        private bool EndOnce()
        {
            Assert.False(_ended, "a second end");
            return _ended = true;
        }
    }
}
