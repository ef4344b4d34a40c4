using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>
/// Ends what plugins do for a tenant that was suspended or is none any more: a chat that outlives its connection would go on at the tenant's expense. It is
/// looked at where the hubs are, and again when the tenant's connections have had the time to close: what came in between ends too.
/// </summary>
internal sealed class SuspendedHubs(TenantDirectory tenants, HubRuntime hubs, RelaySettings settings, TimeProvider time) : IHostedService
{
    private readonly CancellationTokenSource _over = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        tenants.Changed += OnChanged;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        tenants.Changed -= OnChanged;
        return _over.CancelAsync();
    }

    private void OnChanged(TenantChange change)
    {
        if (change.Now is not { IsSuspended: false }) _ = EndAsync(change.Id);
    }

    private async Task EndAsync(TenantId? id)
    {
        // Not on the thread of whoever changed it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        hubs.Interrupt(Ends);
        await Task.Delay(2 * settings.Hub.CloseTimeout, time, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_over.IsCancellationRequested) hubs.Interrupt(Ends);

        bool Ends(TenantId tenant) => (id is null || tenant == id) && !tenants.Serves(tenant);
    }
}
