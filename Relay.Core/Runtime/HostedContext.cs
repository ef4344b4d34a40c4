using Microsoft.Extensions.Logging;
using Relay.Abstractions;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>The context of one plugin instance. Once fenced, it does nothing.</summary>
internal sealed class HostedContext(PluginHostActor host, long incarnation) : PluginContext
{
    private readonly CancellationTokenSource _stopping = new();
    private CancellationTokenSource? _timeOver;
    private IPluginStore? _store;
    private bool _fenced;

    public override UserIdentity User => host.User;

    public override string Prefix => host.Prefix;

    public override PluginSettings Settings => host.Pool.Plugin.Settings;

    public override IPluginStore Store => _store ?? OpenStore();

    public override ILogger Log => host.PluginLog;

    public override TimeProvider Time => host.Clock.Provider;

    public override CancellationToken Stopping => _stopping.Token;

    internal CancellationToken TimeOver => (_timeOver ??= new()).Token;

    public override void Push(string topic, ReadOnlySpan<byte> data, string? sessionId = null, string? except = null)
    {
        if (!IsFenced) host.Hub.Post(HubInput.Push(Part(topic, data, sessionId), except));
    }

    public override void PushTo(string connectionId, string topic, ReadOnlySpan<byte> data, string? sessionId = null)
    {
        if (!IsFenced) host.Hub.Post(HubInput.PushTo(connectionId, Part(topic, data, sessionId)));
    }

    public override void JoinGroup(string group)
    {
        if (!IsFenced) host.Hub.Post(HubInput.Group(Ids.Checked(group), true));
    }

    public override void LeaveGroup(string group)
    {
        if (!IsFenced) host.Hub.Post(HubInput.Group(Ids.Checked(group), false));
    }

    public override void PushToGroup(string group, string topic, ReadOnlySpan<byte> data)
    {
        if (!IsFenced) host.Hub.Home.PushToGroup(group, Part(topic, data, null));
    }

    public override void End()
    {
        if (!IsFenced) host.Post(PluginInput.EndItself(incarnation));
    }

    internal void Cancel() => _ = _stopping.CancelAsync();

    internal void Fence()
    {
        Volatile.Write(ref _fenced, true);
        if (_store is not null) host.Stores.Fence(host.Key, incarnation);
        Cancel();
        if (_timeOver is { } timeOver) _ = timeOver.CancelAsync();
    }

    private bool IsFenced => Volatile.Read(ref _fenced);

    private Frame Part(string topic, ReadOnlySpan<byte> data, string? sessionId) =>
        Frames.Plugin(Prefix, topic, default, sessionId is null ? default : Frames.Token(sessionId), data);

    private IPluginStore OpenStore()
    {
        var store = _store = host.Stores.Open(host.Key, incarnation);
        // Fenced while it was being opened: then nobody else has fenced it.
        if (IsFenced) host.Stores.Fence(host.Key, incarnation);
        return store;
    }
}
