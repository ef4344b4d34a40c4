namespace Relay.Silo;

/// <summary>Says which silos the cluster has, each time that changes: what an operator asks first when one is lost.</summary>
internal sealed partial class MembershipLog(IClusterMembershipService membership, ILogger<MembershipLog> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var said = "";
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                // The table has not been read yet.
                if (snapshot.Version == MembershipVersion.MinValue) continue;
                var silos = string.Join(", ", snapshot.Members.Values
                    .Where(static member => member.Status != SiloStatus.Dead)
                    .Select(static member => $"{member.SiloAddress.Endpoint} {member.Status}")
                    .Order(StringComparer.Ordinal));
                if (silos != said) LogSilos(snapshot.Version.Value, silos);
                said = silos;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }

    [LoggerMessage(5004, LogLevel.Information, "Cluster, version {Version}: {Silos}")]
    private partial void LogSilos(long version, string silos);
}
