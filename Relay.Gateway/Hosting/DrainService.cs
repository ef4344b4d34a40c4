using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Hosting;

/// <summary>
/// The graceful stop, before the server stops listening and within <c>server.drain_timeout</c>: no new sockets; clients are told 1001 in slots, each as soon as
/// its messages under way are answered, nodes before all others; then plugins end in good order. What hangs is cut, so that the process ends in time; a second signal cuts at once.
/// </summary>
internal sealed partial class DrainService(
    RelaySettings settings, ConnectionRegistry registry, TunnelRegistry tunnels, OpenRequests requests, IRelayRuntime runtime, DrainProgress progress, TimeProvider time, ILogger<DrainService> logger)
    : IHostedLifecycleService
{
    // What a stop that is in a hurry still gives to goodbyes, and to plugins.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var (timeout, began, hurry) = (settings.Server.DrainTimeout, time.GetTimestamp(), cancellationToken);
        var sockets = Task.WhenAll(registry.BeginDrain(), tunnels.BeginDrain());
        var all = Task.WhenAll(sockets, requests.BeginDrain());
        await TellAsync(all, began, hurry);

        // Of the time the slots have a half, and the work of the last one an eighth; the rest is for goodbyes that a slow peer has to read, and for plugins.
        if (!await EndsAsync(all, (timeout * 5 / 8) - time.GetElapsedTime(began), hurry)) await CutAsync(sockets, timeout, hurry);
        if (!await EndsSoonAsync(runtime.StopAsync(), timeout - time.GetElapsedTime(began) - (timeout / 20), hurry)) LogPlugins();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Until its slot comes a client is served as ever.
    private async Task TellAsync(Task gone, long began, CancellationToken hurry)
    {
        // Nodes first: while its calls end a node cannot go, and what is begun there late is cut; and it is there again before the clients that want it are.
        Connection[] connections = [.. registry.Snapshot().OrderBy(static connection => connection.IsFor != SocketUse.Node)];
        TunnelSocket[] carriers = [.. tunnels.Snapshot()];
        var plan = DrainPlan.For(connections.Length + carriers.Length, settings.Server.DrainTimeout);
        LogDraining(connections.Length + carriers.Length, requests.Count, plan.Slots, settings.Server.DrainTimeout.TotalSeconds);
        progress.Began(connections.Length + carriers.Length);
        for (var slot = 0; slot < plan.Slots; slot++)
        {
            // In a hurry, or when all have gone, there is nothing to wait for.
            if (slot > 0) await EndsAsync(gone, plan.At(slot) - time.GetElapsedTime(began), hurry);
            var these = connections.AsSpan(plan.Of(slot, connections.Length));
            var those = carriers.AsSpan(plan.Of(slot, carriers.Length));
            progress.Told(these.Length + those.Length);
            foreach (var connection in these) connection.Drain();
            foreach (var carrier in those) carrier.Drain();
        }
    }

    private async Task CutAsync(Task sockets, TimeSpan timeout, CancellationToken hurry)
    {
        if (hurry.IsCancellationRequested) LogHurried(registry.Count + tunnels.Count);
        progress.Count(DrainStep.Cut, registry.Count + tunnels.Count);
        registry.CloseAll();
        tunnels.CloseAll();
        if (await EndsSoonAsync(sockets, timeout / 8, hurry)) return;
        LogLeft(registry.Count + tunnels.Count);
        progress.Count(DrainStep.Aborted, registry.Count + tunnels.Count);
        registry.AbortAll();
        tunnels.AbortAll();
        await EndsAsync(sockets, timeout / 20, CancellationToken.None);
    }

    // As long as it may; from a second signal on for a moment only.
    private async Task<bool> EndsSoonAsync(Task task, TimeSpan within, CancellationToken hurry) =>
        await EndsAsync(task, within, hurry) || (hurry.IsCancellationRequested && await EndsAsync(task, within < Moment ? within : Moment, CancellationToken.None));

    private async Task<bool> EndsAsync(Task task, TimeSpan within, CancellationToken hurry)
    {
        if (task.IsCompleted) return true;
        try
        {
            await task.WaitAsync(within > TimeSpan.Zero ? within : TimeSpan.Zero, time, hurry);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(1001, LogLevel.Information, "Stopping: {Connections} connections and {Requests} requests, told in {Slots} slots, have {Seconds} s")]
    private partial void LogDraining(int connections, int requests, int slots, double seconds);

    [LoggerMessage(1002, LogLevel.Warning, "Stopping with {Connections} connections that did not close")]
    private partial void LogLeft(int connections);

    [LoggerMessage(1003, LogLevel.Warning, "Stopping with plugins that did not end")]
    private partial void LogPlugins();

    [LoggerMessage(1006, LogLevel.Warning, "Told to stop once more: {Connections} connections are closed at once, with what they have under way")]
    private partial void LogHurried(int connections);
}
