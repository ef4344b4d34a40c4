using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>What any runtime must do (DESIGN, "Proof that both runtimes are one"). A derived class says how a runtime is made.</summary>
public abstract class RuntimeContract : IDisposable
{
    private readonly Lazy<ContractHost> _host;

    private protected RuntimeContract() => _host = new(() => Create(Options, [typeof(TestPlugin), typeof(OtherPlugin), typeof(QuickPlugin), typeof(ScopedPlugin), typeof(LifePlugin)], Probe));

    private protected Probe Probe { get; } = new();

    private protected RuntimeOptions Options { get; set; } = new(
        new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 10_000),
        new RestartPolicy((TimeSpan?)null),
        new InboxLimits(60_000, 64 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)),
        4,
        3);

    private protected IRelayRuntime Runtime => _host.Value.Runtime;

    private protected ContractHost Host => _host.Value;

    public void Dispose()
    {
        Probe.Dispose();
        if (_host.IsValueCreated) _host.Value.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a runtime with these plugins, whose constructors are given the probe, on a clock that stands.</summary>
    private protected abstract ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe);

    private protected static UserKey User(string userId, string tenant = "default") => new(new(tenant), userId);

    /// <summary>Joins a connection and reads its welcome.</summary>
    private protected async Task<Client> JoinAsync(string userId = "alice", string id = "c1", string tenant = "default", params string[] scopes)
    {
        var connection = new RecordingConnection(id, userId, tenant, scopes);
        var result = await Runtime.JoinAsync(User(userId, tenant), connection).AsTask().WaitAsync(RecordingConnection.Patience);
        Assert.Null(result.Error);
        Assert.Equal("welcome", (await connection.NextAsync()).GetProperty("type").GetString());
        return new(connection, result.Link!);
    }

    /// <summary>Moves the clock until something has happened that time brings about, and not at a fixed moment: plugin code runs on other threads.</summary>
    private protected async Task<T> AdvanceUntilAsync<T>(Task<T> task, TimeSpan step)
    {
        for (var i = 0; i < 100_000 && !task.IsCompleted; i++)
        {
            Host.Advance(step);
            await Task.WhenAny(task, Host.SettleAsync());
        }

        return await task;
    }

    private protected async Task<string> StatusAsync(string userId, string prefix)
    {
        var page = await Runtime.ListHubsAsync(TenantId.Default, null, 1000);
        return page.Hubs.Single(hub => hub.UserId == userId).Plugins.Single(plugin => plugin.Prefix == prefix).Status;
    }
}

/// <summary>A runtime under test.</summary>
internal abstract class ContractHost : IDisposable
{
    public abstract IRelayRuntime Runtime { get; }

    public abstract RuntimeCounters Counters { get; }

    public abstract void Advance(TimeSpan by);

    /// <summary>A tenant was suspended: wherever hubs are, what their plugins do ends.</summary>
    public abstract void Interrupt(TenantId tenant);

    /// <summary>Gives what goes on elsewhere its turn, between two steps of the clock.</summary>
    public virtual async Task SettleAsync()
    {
        // As often as work may be handed on through the pool before somebody waits for the clock again.
        for (var i = 0; i < 50; i++) await Task.Run(static () => { });
    }

    /// <summary>Whether a full outbox holds up the very next answer. Across processes the hub learns of it by the first that is too many.</summary>
    public virtual bool KnowsRoomAtOnce => true;

    /// <summary>Users whose hubs are in one process, which has bounds of its own.</summary>
    public virtual Task<string[]> NeighboursAsync(int count) => Task.FromResult(Enumerable.Range(0, count).Select(static i => $"u{i}").ToArray());

    public abstract void Dispose();
}

/// <summary>A connection that has joined.</summary>
internal sealed class Client(RecordingConnection connection, HubLink link)
{
    public RecordingConnection Connection { get; } = connection;

    public void Send(string type, string? requestId = null, string? data = null) => link.Send(Messages.Of(type, requestId, data));

    /// <summary>Sends a request and waits for the frame that answers it.</summary>
    public Task<System.Text.Json.JsonElement> AskAsync(string type, string requestId, string? data = null)
    {
        Send(type, requestId, data);
        return Connection.AnswerAsync(requestId);
    }

    /// <summary>The socket closes.</summary>
    public void Leave()
    {
        Connection.Drop();
        link.Leave();
    }
}

internal static class FrameExtensions
{
    public static string Type(this System.Text.Json.JsonElement frame) => frame.GetProperty("type").GetString()!;

    /// <summary>The code of an error frame, the type of any other.</summary>
    public static string Outcome(this System.Text.Json.JsonElement frame) => frame.Type() == "error" ? frame.GetProperty("error").GetString()! : frame.Type();
}
