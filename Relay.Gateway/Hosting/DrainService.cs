using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Hosting;

/// <summary>
/// The graceful stop: before the server stops listening, clients' messages under way are answered, then every client is told 1001,
/// then plugins end in good order, all within <c>server.drain_timeout</c>.
/// </summary>
internal sealed partial class DrainService(RelaySettings settings, ConnectionRegistry registry, TunnelRegistry tunnels, IRelayRuntime runtime, TimeProvider time, ILogger<DrainService> logger) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var timeout = settings.Server.DrainTimeout;
        LogDraining(registry.Count + tunnels.Count, timeout.TotalSeconds);
        var began = time.GetTimestamp();
        var drained = Task.WhenAll(registry.Drain(), tunnels.Drain());

        // What hangs gets half of the time to be answered; the rest is for goodbyes that a slow peer has to read, and for plugins.
        if (!await EndsAsync(drained, timeout / 2))
        {
            registry.CloseAll();
            tunnels.CloseAll();
            if (!await EndsAsync(drained, timeout / 4))
            {
                LogLeft(registry.Count + tunnels.Count);
                registry.AbortAll();
                tunnels.AbortAll();
                await EndsAsync(drained, timeout / 20);
            }
        }

        var left = timeout - time.GetElapsedTime(began) - timeout / 20;
        if (!await EndsAsync(runtime.StopAsync(), left > TimeSpan.Zero ? left : TimeSpan.Zero)) LogPlugins();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> EndsAsync(Task task, TimeSpan within)
    {
        try
        {
            await task.WaitAsync(within, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(1001, LogLevel.Information, "Stopping: {Connections} connections have {Seconds} s")]
    private partial void LogDraining(int connections, double seconds);

    [LoggerMessage(1003, LogLevel.Warning, "Stopping with plugins that did not end")]
    private partial void LogPlugins();

    [LoggerMessage(1002, LogLevel.Warning, "Stopping with {Connections} connections that did not close")]
    private partial void LogLeft(int connections);
}
