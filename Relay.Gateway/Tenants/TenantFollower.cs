using System.Collections.Immutable;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Storage;

namespace Relay.Gateway.Tenants;

/// <summary>Keeps the directory up with what is stored of tenants, in whichever process it was changed.</summary>
internal sealed partial class TenantFollower(
    ITenantStore store, TenantDirectory tenants, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<TenantFollower> logger) : IHostedService, IReadiness, IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stopped = new();
    private ImmutableDictionary<TenantId, StoredTenant> _stored = ImmutableDictionary<TenantId, StoredTenant>.Empty;
    private TenantMark _mark;
    private bool _fails;

    /// <summary>Not before it is known which tenants there are.</summary>
    public bool IsReady => tenants.IsComplete;

    /// <summary>The stored tenants, as far as this process knows.</summary>
    public IReadOnlyDictionary<TenantId, StoredTenant> Stored => _stored;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // A store of the process's own is read before anyone comes; a cluster's is there once this process is a part of it.
        if (store.AskEvery is { } interval)
        {
            lifetime.ApplicationStarted.Register(() => _ = FollowAsync(interval));
            return;
        }

        try
        {
            await RefreshAsync(cancellationToken);
        }
        catch (StoreUnavailableException failure)
        {
            throw new StoreStartException("The stored tenants cannot be read: " + failure.Message, failure);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stopped.Cancel();
        return Task.CompletedTask;
    }

    public void Dispose() => _stopped.Dispose();

    /// <summary>Takes what has changed by now.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var news = await store.ReadAsync(_mark, cancellation);
            if (news.Mark == _mark) return;
            var changes = new Dictionary<TenantId, RelayTenantOptions?>();
            foreach (var tenant in news.Tenants)
            {
                // What has not changed is not read again after a new life of the store's actor.
                if (tenant.Value is not null && _stored.TryGetValue(tenant.Tenant, out var known) && known.Version == tenant.Version && known.UpdatedAt == tenant.UpdatedAt) continue;
                changes[tenant.Tenant] = Options(tenant);
            }

            if (news.IsAll)
            {
                foreach (var gone in _stored.Keys.Except(news.Tenants.Select(static tenant => tenant.Tenant))) changes[gone] = null;
                _stored = news.Tenants.ToImmutableDictionary(static tenant => tenant.Tenant);
            }
            else
            {
                foreach (var tenant in news.Tenants)
                    _stored = tenant.Value is null ? _stored.Remove(tenant.Tenant) : _stored.SetItem(tenant.Tenant, tenant);
            }

            tenants.TakeStored(changes);
            _mark = news.Mark;
        }
        finally
        {
            _turn.Release();
        }
    }

    private RelayTenantOptions? Options(StoredTenant tenant)
    {
        if (tenant.Value is not { } value) return null;
        var document = TenantDocument.Read(tenant.Tenant, value, tenants.Settings);
        if (document.Options is { } options) return options;

        // Written by another version. What it may is not known, so it may nothing.
        foreach (var fault in document.Faults) LogFault(tenant.Tenant.Name, fault.ToString());
        return new() { Suspended = true };
    }

    private async Task FollowAsync(TimeSpan interval)
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(_stopped.Token);
                if (_fails) LogBack();
                _fails = false;
                await Task.Delay(interval, time, _stopped.Token);
            }
            catch (OperationCanceledException)
            {
                // The process stops.
            }
            catch (Exception failure)
            {
                if (!_fails) LogAway(failure.Message);
                _fails = true;
                await Task.Delay(Retry, time, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1021, LogLevel.Error, "The stored tenant {Tenant} is suspended, because this version cannot read it: {Fault}")]
    private partial void LogFault(string tenant, string fault);

    [LoggerMessage(1022, LogLevel.Warning, "The stored tenants cannot be read; those that are known stay: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(1023, LogLevel.Information, "The stored tenants can be read again")]
    private partial void LogBack();
}
