using System.Text.Json;
using Relay.Abstractions;

namespace Relay.Tests.Gateway.Hub;

/// <summary>What the test and its <see cref="ProbePlugin"/> tell one another.</summary>
internal sealed class Probe : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _left = new(0);

    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a user's last connection has left the hub; one call for each time.</summary>
    public async Task LastLeftAsync() => Assert.True(await _left.WaitAsync(Bound));

    public void LastLeft() => _left.Release();

    public void Dispose() => _left.Dispose();
}

/// <summary><c>probe_</c>: tells what a plugin sees, and misbehaves when it is asked to.</summary>
[RelayPlugin("probe_")]
internal sealed class ProbePlugin(Probe probe) : RelayPlugin
{
    protected override ValueTask OnShutdownAsync(CancellationToken cancellation)
    {
        probe.LastLeft();
        return default;
    }

    [Topic("who")]
    public void Who(PluginMessage message)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("tenant", message.Identity.Tenant);
            json.WriteString("user", message.Identity.UserId);
            json.WriteEndObject();
        }

        message.Reply("is", stream.ToArray());
    }

    [Topic("push")]
    public void Push(PluginMessage message)
    {
        Context.Push("pushed", message.Data.Span, except: message.ConnectionId);
        message.Reply("done");
    }

    [Topic("crash")]
    public void Crash(PluginMessage message) => throw new InvalidOperationException("the test asked for it, " + message.Topic);

    [Topic("silent")]
    public void Silent(PluginMessage message) => _ = message.Topic;

    [Topic("wait")]
    public async Task WaitAsync(PluginMessage message, CancellationToken cancellation)
    {
        probe.Asked.TrySetResult();
        await probe.Gate.Task.WaitAsync(cancellation);
        message.Reply("waited");
    }
}

/// <summary><c>vault_</c>: for those with the scope <c>vault</c>.</summary>
[RelayPlugin("vault_", RequiredScope = "vault")]
internal sealed class VaultPlugin : RelayPlugin
{
    [Topic("open")]
    public void Open(PluginMessage message) => message.Reply("opened");
}
