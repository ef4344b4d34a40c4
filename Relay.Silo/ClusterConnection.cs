using Relay.Gateway.Hosting;

namespace Relay.Silo;

/// <summary>A gateway's connection to its cluster: waits for it at the start, and says when it is lost and when it is back.</summary>
internal sealed partial class ClusterConnection(
    RelaySettings settings, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ClusterConnection> logger)
    : IReadiness, IClientConnectionRetryFilter, IClusterConnectionStatusObserver
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Starts that failed between two lines of the log.
    private const int LinesEvery = 10;

    private int _attempts;
    private volatile bool _lost;

    /// <summary>The server listens only after the first connection, so before it nobody asks.</summary>
    public bool IsReady => !_lost;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_attempts++ % LinesEvery == 0) LogWaiting(SettingForms.Membership.Show(settings.Cluster.Membership), settings.Cluster.Id, exception.Message);
        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (!IsStopping) LogSilos(currentNumberOfGateways, previousNumberOfGateways);
        if (connectionRecovered) _lost = false;
    }

    public void NotifyClusterConnectionLost()
    {
        _lost = true;
        if (!IsStopping) LogLost();
    }

    // Then it is this process that lets go, and nothing is wrong.
    private bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    [LoggerMessage(5010, LogLevel.Warning, "Waiting for a silo of cluster {Cluster} (membership {Membership}): {Fault}")]
    private partial void LogWaiting(string membership, string cluster, string fault);

    [LoggerMessage(5011, LogLevel.Information, "Silos connected: {Silos}, before: {Before}")]
    private partial void LogSilos(int silos, int before);

    [LoggerMessage(5012, LogLevel.Error, "No silo is left to connect to: not ready until one is back")]
    private partial void LogLost();
}
