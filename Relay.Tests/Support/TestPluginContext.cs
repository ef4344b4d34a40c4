using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Abstractions;

namespace Relay.Tests.Support;

/// <summary>A context outside of any runtime. <see cref="Pushes"/> are what the plugin pushed, a line of text each.</summary>
internal sealed class TestPluginContext(PluginSettings? settings = null, IPluginStore? store = null) : PluginContext
{
    public List<string> Pushes { get; } = [];

    public override UserIdentity User { get; } = new("default", "alice");

    public override string Prefix => "test_";

    public override PluginSettings Settings { get; } = settings ?? PluginSettings.None;

    public override IPluginStore Store { get; } = store ?? new MemoryPluginStore();

    public override ILogger Log => NullLogger.Instance;

    public override TimeProvider Time => throw new NotSupportedException("A plugin under test has no clock here.");

    public override CancellationToken Stopping => CancellationToken.None;

    public override void Push(string topic, ReadOnlySpan<byte> data, string? sessionId = null, string? except = null) =>
        Pushes.Add($"{topic} {Encoding.UTF8.GetString(data)} session={sessionId} except={except}");

    public override void PushTo(string connectionId, string topic, ReadOnlySpan<byte> data, string? sessionId = null) =>
        Pushes.Add($"{topic} {Encoding.UTF8.GetString(data)} session={sessionId} to={connectionId}");

    public override void JoinGroup(string group) => Pushes.Add($"join {group}");

    public override void LeaveGroup(string group) => Pushes.Add($"leave {group}");

    public override void PushToGroup(string group, string topic, ReadOnlySpan<byte> data) => Pushes.Add($"{topic} {Encoding.UTF8.GetString(data)} group={group}");

    public override void End() => Pushes.Add("end");
}
