using Orleans.Concurrency;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A part of the cluster's outbox of events: that of the tenants that fall to it.</summary>
[Alias("relay.IEventOutboxGrain")]
internal interface IEventOutboxGrain : IGrainWithIntegerKey
{
    /// <summary>See <see cref="IEventOutbox.AcceptAsync"/>.</summary>
    [Alias("Accept")]
    Task<bool> Accept(EventPage page);

    /// <summary>The part is to be somewhere: what it kept before its silo was lost has to be told.</summary>
    [AlwaysInterleave, Alias("Wake")]
    Task Wake();
}

/// <summary>Hosts an outbox. One that took its place fences its store, and it ends.</summary>
[KeepAlive]
internal sealed class EventOutboxGrain(SiloHubs silo, IEventOutboxes outboxes) : Grain, IEventOutboxGrain
{
    private IEventOutbox _outbox = null!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (silo.IsLeaving) throw new InvalidOperationException("The silo leaves the cluster.");
        _outbox = await outboxes.OpenAsync((int)this.GetPrimaryKeyLong(), silo.NextEpoch(), cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _outbox?.StopAsync(TimeSpan.Zero) ?? Task.CompletedTask;

    public async Task<bool> Accept(EventPage page)
    {
        try
        {
            return await _outbox.AcceptAsync(new(page.Tenant), page.ToBatch());
        }
        catch (StoreFencedException)
        {
            DeactivateOnIdle();
            throw;
        }
    }

    public Task Wake() => Task.CompletedTask;
}

/// <summary>The cluster's outbox, as each process has it. Wakes its parts from time to time, wherever they are.</summary>
internal sealed class ClusterEventOutbox : IEventOutbox, IDisposable
{
    // Never another number: a part's events are found by it.
    internal const int Parts = 16;

    private readonly IGrainFactory _grains;
    private readonly ITimer _timer;

    public ClusterEventOutbox(IGrainFactory grains, TimeProvider time, TimeSpan wakeInterval)
    {
        _grains = grains;
        _timer = time.CreateTimer(static outbox => ((ClusterEventOutbox)outbox!).Wake(), this, TimeSpan.Zero, wakeInterval);
    }

    public Task<bool> AcceptAsync(TenantId tenant, EventBatch batch) => Part(CentralKey.Of(new UserKey(tenant, tenant.Name), Parts).Shard).Accept(EventPage.Of(tenant, batch));

    public Task StopAsync(TimeSpan patience)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer.Dispose();

    private IEventOutboxGrain Part(int part) => _grains.GetGrain<IEventOutboxGrain>(part);

    // One that cannot be woken now is woken the next time.
    private void Wake()
    {
        for (var part = 0; part < Parts; part++) _ = WakeAsync(part);
    }

    private async Task WakeAsync(int part)
    {
        try
        {
            await Part(part).Wake();
        }
        catch (Exception)
        {
            // See above.
        }
    }
}
