using System.Collections.Concurrent;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Keeps this gateway in the cluster's directory, and notices silos that have fallen silent.</summary>
internal sealed class GatewayPresence(IGrainFactory grains, GatewayObserver observer, ClusterOptions options, TimeProvider time, ClusterLog log, Action<string> silence) : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _heard = new();
    private readonly CancellationTokenSource _stopping = new();
    private IGatewayObserver? _reference;
    private GatewayRef? _gateway;
    private Task _announcing = Task.CompletedTask;

    /// <summary>This process, with the directory that knows it. Only after the start.</summary>
    public GatewayRef Gateway => Volatile.Read(ref _gateway) ?? throw new InvalidOperationException("The gateway has not been started.");

    /// <summary>Ends when the cluster knows the gateway.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _reference = grains.CreateObjectReference<IGatewayObserver>(observer);
        Volatile.Write(ref _gateway, new(Guid.NewGuid().ToString("N"), _reference, ""));
        while (!await AnnounceAsync()) await Task.Delay(options.RetryDelay, time, cancellation);
        _announcing = KeepAnnouncingAsync();
    }

    public async Task StopAsync()
    {
        if (_gateway is null || _stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        await _announcing;
        try
        {
            await grains.Gateways().Withdraw(Gateway.Id);
        }
        catch (Exception e)
        {
            // Its lease ends by itself.
            log.DirectoryUnreachable(e.Message);
        }
    }

    /// <summary>A silo has sent something.</summary>
    public void Heard(string silo) => _heard[silo] = time.GetTimestamp();

    /// <summary>From here on silos reach nobody here.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        if (Interlocked.Exchange(ref _reference, null) is { } reference) grains.DeleteObjectReference<IGatewayObserver>(reference);
    }

    private async Task KeepAnnouncingAsync()
    {
        var known = true;
        while (!_stopping.IsCancellationRequested)
        {
            // A lost directory has to hear of every gateway before hubs may rely on it: fast until it has.
            await Task.Delay(known ? options.AnnounceInterval : options.RetryDelay, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested) return;
            known = await AnnounceAsync();
            foreach (var (silo, heard) in _heard)
            {
                if (time.GetElapsedTime(heard) <= options.Lease) continue;
                _heard.TryRemove(silo, out _);
                silence(silo);
            }
        }
    }

    private async Task<bool> AnnounceAsync()
    {
        try
        {
            var directory = await grains.Gateways().Announce(Gateway).WaitAsync(options.AnnounceInterval, time);
            Volatile.Write(ref _gateway, Gateway with { Directory = directory });
            return true;
        }
        catch (Exception e)
        {
            log.DirectoryUnreachable(e.Message);
            return false;
        }
    }
}
