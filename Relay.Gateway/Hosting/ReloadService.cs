using System.Runtime.InteropServices;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Hosting;

/// <summary>
/// Takes changed settings while the relay runs: when the file changes, and on SIGHUP. What differs by tenant takes effect at once; for the rest a
/// restart is asked for. Settings with a fault are logged, and the last good ones stay.
/// </summary>
internal sealed partial class ReloadService(
    RelaySettings started, TenantDirectory tenants, TimeProvider time, ILogger<ReloadService> logger, SettingsSource? source = null, LiveLogLevel? level = null) : IHostedService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private PosixSignalRegistration? _signal;
    private ITimer? _timer;
    private string? _loaded;
    private string? _seen;
    private string _toRestart = "";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (source is null) return Task.CompletedTask;
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload();
        });
        if (source.HasFile) _timer = time.CreateTimer(static state => ((ReloadService)state!).Look(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _signal?.Dispose();
        _timer?.Dispose();
    }

    /// <summary>Reads the settings again.</summary>
    public void Reload()
    {
        lock (_gate)
        {
            _loaded = source!.HasFile ? source.Digest() : null;
            var (read, faults) = source.Load();
            if (read is not null) Take(read);
            foreach (var fault in faults) LogFault(fault.ToString());
        }
    }

    // Both looks have to find the same, so that a file that is being written is not taken for a faulty one.
    private void Look()
    {
        lock (_gate)
        {
            var digest = source!.Digest();
            if (digest is not null && digest != _loaded && digest == _seen) Reload();
            _seen = digest;
        }
    }

    private void Take(RelaySettings read)
    {
        var now = started;
        foreach (var row in SettingsMap.All.Where(static row => row.IsLive)) now = row.Take(now, read);
        var toRestart = string.Join(", ", SettingsMap.All.Where(row => !row.IsLive && !row.IsSame(started, read)).Select(static row => row.Key));
        var faults = toRestart.Length == 0 ? [] : source!.Faults(now).ToList();
        foreach (var fault in faults) LogFault($"{fault}, as long as the relay is not restarted for {toRestart}");
        if (faults.Count == 0 && SettingsMap.All.Any(row => row.IsLive && !row.IsSame(tenants.Settings, now)))
        {
            tenants.Take(now);
            level?.Set(now.Logging.Level);
            LogTaken(now.NamesTenants ? now.Tenants.Count : 0);
        }

        if (toRestart != _toRestart && toRestart.Length > 0) LogRestart(toRestart);
        _toRestart = toRestart;
    }

    [LoggerMessage(1010, LogLevel.Information, "The settings have changed and are in use; they name {Tenants} tenants")]
    private partial void LogTaken(int tenants);

    [LoggerMessage(1011, LogLevel.Error, "The settings have changed and cannot be used, the last good ones stay: {Fault}")]
    private partial void LogFault(string fault);

    [LoggerMessage(1012, LogLevel.Warning, "Settings have changed that need a restart: {Keys}")]
    private partial void LogRestart(string keys);
}
