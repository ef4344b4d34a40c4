using System.Text;
using Relay.Abstractions;

namespace Relay.Tests.Support;

/// <summary>A message outside of any runtime. <see cref="Answer"/> is what the handler answered, as one line of text.</summary>
internal sealed class TestPluginMessage(string topic, string data = "", string? sessionId = null, string prefix = "test_") : PluginMessage
{
    public string? Answer { get; private set; }

    public override string Type => prefix + Topic;

    public override string Topic { get; } = topic;

    public override ReadOnlyMemory<byte> Data { get; } = Encoding.UTF8.GetBytes(data);

    public override ReadOnlyMemory<byte> Frame => default;

    public override string? RequestId => "r1";

    public override string? SessionId { get; } = sessionId;

    public override string ConnectionId => "c1";

    public override UserIdentity Identity { get; } = new("default", "alice");

    public override bool Reply(string topic, ReadOnlySpan<byte> data = default) => Take($"{topic} {Encoding.UTF8.GetString(data)}");

    public override bool Fail(string code, string message, ReadOnlySpan<byte> data = default) => Take($"!{code} {message} {Encoding.UTF8.GetString(data)}");

    /// <summary>What <see cref="Detach"/> gives; null for a message that must be handled within its turn.</summary>
    public PluginStream? Stream { get; init; }

    public override PluginStream Detach(bool survivesDisconnect = false) => Stream ?? throw new NotSupportedException("This message is handled within its turn.");

    private bool Take(string answer)
    {
        Assert.Null(Answer);
        Answer = answer.TrimEnd();
        return true;
    }
}
