using Microsoft.Extensions.Logging.Abstractions;
using Relay.Core.Limits;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Tunnel;
using Relay.Tests.Contract;
using Relay.Tests.Gateway.Telemetry;
using Relay.Tests.Rules;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Connections;

/// <summary>A gateway that is stopped, without a server: its connections are rigs, its clock is the test's.</summary>
internal sealed class DrainRig : IDisposable
{
    private readonly Probe _probe = new();
    private readonly InProcessHost _host;
    private readonly ConnectionRegistry _registry;
    private readonly TunnelRegistry _tunnels;
    private readonly LimitTable _limits;
    private readonly MetricsRig _metrics;
    private readonly DrainService _service;
    private readonly SemaphoreSlim _closed = new(0);

    public DrainRig(TimeSpan? timeout = null)
    {
        var settings = new RelaySettings();
        if (timeout is { } other) settings = settings with { Server = settings.Server with { DrainTimeout = other } };
        Timeout = settings.Server.DrainTimeout;
        _host = new(WatchdogTests.Options, [typeof(TestPlugin)], _probe);
        _limits = new(Time, SubjectLimits.None, _ => settings.Limits);
        _registry = new(Time, TimeSpan.FromHours(1));
        _tunnels = new(Time, TimeSpan.FromHours(1), new(_ => settings.Tunnel, _limits));
        _metrics = new(new() { Drain = Progress });
        _service = new(settings, _registry, _tunnels, Requests, _host.Runtime, Progress, Time, NullLogger<DrainService>.Instance);
    }

    public ManualTime Time { get; } = new();

    public TimeSpan Timeout { get; }

    public OpenRequests Requests { get; } = new();

    public DrainProgress Progress { get; } = new();

    /// <summary>Each metric of the stop as it stands.</summary>
    public Task<string> MetricsAsync() => _metrics.TextAsync();

    public bool IsReady => _registry.IsReady;

    public ConnectionRig Connect(SocketUse use = SocketUse.Hub)
    {
        var rig = new ConnectionRig(use: use);
        _ = rig.RunAsync();
        _registry.Add(rig.Connection);

        // As the entrance does it when the connection has run to its end.
        rig.Socket.OnFlush = () =>
        {
            if (!rig.Connection.IsClosed) return;
            rig.Socket.OnFlush = static () => { };
            _registry.Remove(rig.Connection, rig.Transport);
            _closed.Release();
        };
        return rig;
    }

    public Task StopAsync(CancellationToken hurry = default) => _service.StoppingAsync(hurry);

    /// <summary>So many more have closed.</summary>
    public async Task ClosedAsync(int count)
    {
        for (var i = 0; i < count; i++) Assert.True(await _closed.WaitAsync(ConnectionRig.Bound));
    }

    public void Dispose()
    {
        _tunnels.Dispose();
        _limits.Dispose();
        _registry.Dispose();
        _metrics.Dispose();
        _host.Dispose();
        _probe.Dispose();
        _closed.Dispose();
    }
}
