using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Limits;

/// <summary>Asks for this process's share of the tenants' limits, where other gateways count against them too, and has those of users counted for all.</summary>
internal sealed class LimitSharer(LimitTable table, IRelayRuntime runtime) : IHostedService, IDisposable
{
    private ITimer? _timer;
    private int _asking;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (runtime.Limits.Users is { } users) table.Share(users);
        if (runtime.Limits.AskEvery is not { } every) return Task.CompletedTask;
        table.Began += Begin;
        _timer = table.Time.CreateTimer(static state => _ = ((LimitSharer)state!).AskAllAsync(), this, every, every);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        table.Began -= Begin;
        _timer?.Dispose();
    }

    /// <summary>Asks for each tenant that is here.</summary>
    internal async Task AskAllAsync()
    {
        // Answers that take longer than the interval are waited for.
        if (Interlocked.Exchange(ref _asking, 1) != 0) return;
        foreach (var tenant in table.Limited()) await AskAsync(tenant);
        Volatile.Write(ref _asking, 0);
    }

    // Called under the table's lock.
    private void Begin(TenantId tenant) => ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Sharer.AskAsync(state.Tenant), (Sharer: this, Tenant: tenant), preferLocal: false);

    private async Task AskAsync(TenantId tenant)
    {
        if (table.Use(tenant) is not var (use, held, limits)) return;
        try
        {
            table.SetShare(tenant, await runtime.Limits.ShareAsync(tenant, use, held, limits));
        }
        catch (Exception)
        {
            // A silo was lost, or the cluster is out of reach: the share that there was goes on.
        }
    }
}
