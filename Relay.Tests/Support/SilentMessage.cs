using Relay.Abstractions;

namespace Relay.Tests.Support;

/// <summary>A message whose answers go nowhere, so that what is measured is the plugin's side.</summary>
internal sealed class SilentMessage(string topic = "say") : PluginMessage
{
    public override string Type => "test_";

    public override string Topic { get; } = topic;

    public override ReadOnlyMemory<byte> Data => default;

    public override ReadOnlyMemory<byte> Frame => default;

    public override string? RequestId => null;

    public override string? SessionId => null;

    public override string ConnectionId => "c1";

    public override UserIdentity Identity => throw new NotSupportedException();

    public override bool Reply(string topic, ReadOnlySpan<byte> data = default) => true;

    public override bool Fail(string code, string message, ReadOnlySpan<byte> data = default) => true;

    public override PluginStream Detach(bool survivesDisconnect = false) => throw new NotSupportedException();
}
