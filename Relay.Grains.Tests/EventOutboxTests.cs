using System.Threading.Channels;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>The cluster's outbox of events: each tenant has its part, wherever that is.</summary>
public sealed class EventOutboxTests : ClusterTest
{
    [Fact]
    public async Task ATenantsEventsArriveInOrderAndAsTheyAre()
    {
        using var outbox = new ClusterEventOutbox(Cluster.Grains, TimeProvider.System, TimeSpan.FromHours(1));
        var at = new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 20; i++)
        {
            var batch = new EventBatch("p", i, [Event(i, at)]);
            Assert.True(await outbox.AcceptAsync(new("acme"), batch));
        }

        for (var i = 0; i < 20; i++)
        {
            var (tenant, batch) = await Cluster.Outboxes.NextAsync();
            Assert.Equal(("acme", "p", (long)i), (tenant.Name, batch.Process, batch.Missed));
            Assert.Equivalent(Event(i, at), Assert.Single(batch.Events), strict: true);
        }

        Cluster.Outboxes.IsFull = true;
        Assert.False(await outbox.AcceptAsync(new("acme"), new("p", 0, [])));
    }

    private static KeptEvent Event(int i, DateTimeOffset at) => new(
        RelayEvent.OfHub(User("älice", "acme"), RelayEventKind.LastOut, $"c{i}", 3) with { ConnectionId = "x", Models = i % 2 == 0 ? [] : ["m", "o"], BytesUp = i, BytesDown = 2 * i, Reason = "idle" }, $"e{i}", at);

    [Fact]
    public async Task APartThatIsLostWithItsSiloIsOpenedElsewhereAboveTheOneBefore()
    {
        using var outbox = new ClusterEventOutbox(Cluster.Grains, TimeProvider.System, TimeSpan.FromMilliseconds(100));
        var before = new Dictionary<int, long>();
        while (before.Count < ClusterEventOutbox.Parts)
        {
            var (part, incarnation) = await Cluster.Outboxes.OpenedAsync();
            before[part] = incarnation;
        }

        await Cluster.KillAsync(Cluster.Silos[^1]);
        var again = await Cluster.Outboxes.OpenedAsync();
        Assert.True(again.Incarnation > before[again.Part]);
        Assert.True(await outbox.AcceptAsync(new("acme"), new("p", 0, [])));
    }
}

/// <summary>Outboxes that keep nothing, and tell what they are given.</summary>
internal sealed class MemoryOutboxes : IEventOutboxes
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly Channel<(int, long)> _opened = Channel.CreateUnbounded<(int, long)>();
    private readonly Channel<(TenantId, EventBatch)> _given = Channel.CreateUnbounded<(TenantId, EventBatch)>();

    public bool IsFull { get; set; }

    public Task<(int Part, long Incarnation)> OpenedAsync() => _opened.Reader.ReadAsync().AsTask().WaitAsync(Bound);

    public Task<(TenantId Tenant, EventBatch Batch)> NextAsync() => _given.Reader.ReadAsync().AsTask().WaitAsync(Bound);

    public Task<IEventOutbox> OpenAsync(int part, long incarnation, CancellationToken cancellation)
    {
        _opened.Writer.TryWrite((part, incarnation));
        return Task.FromResult<IEventOutbox>(new Outbox(this));
    }

    private sealed class Outbox(MemoryOutboxes all) : IEventOutbox
    {
        public Task<bool> AcceptAsync(TenantId tenant, EventBatch batch) => Task.FromResult(!all.IsFull && all._given.Writer.TryWrite((tenant, batch)));

        public Task StopAsync(TimeSpan patience) => Task.CompletedTask;
    }
}
