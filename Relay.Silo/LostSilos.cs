using System.Net.Sockets;

namespace Relay.Silo;

/// <summary>
/// Declares silos dead whose machine says that nobody listens at their port: their process has ended, and there is nothing to wait for. A process
/// that hangs, or a machine that is off, does not say so; for them there are the framework's probes.
/// </summary>
/// <remarks>
/// A process that has too much to do still has its port, so load never looks like this. Each silo listens before it is active and says that it leaves
/// before it stops listening. Asked twice, so that a port is not taken for closed in the moment in which the entry of a silo that leaves is on its way.
/// </remarks>
internal sealed partial class LostSilos(IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time, ILogger<LostSilos> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly HashSet<SiloAddress> _refused = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Membership cannot be written while Redis is away: asked again at the next look.
                LogNotDeclared(e.Message);
            }
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        var members = membership.CurrentSnapshot.Members.Values;
        var others = members.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)).Select(static member => member.SiloAddress).ToList();
        _refused.IntersectWith(others);
        foreach (var (silo, refuses) in await Task.WhenAll(others.Select(silo => AskAsync(silo, stopping))))
        {
            if (!refuses)
            {
                _refused.Remove(silo);
            }
            else if (!_refused.Add(silo))
            {
                LogLost(silo.ToParsableString());
                if (!stopping.IsCancellationRequested) await membership.TryKill(silo);
            }
        }
    }

    private async Task<(SiloAddress Silo, bool Refuses)> AskAsync(SiloAddress silo, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        using var socket = new Socket(silo.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(silo.Endpoint, patience.Token);
            return (silo, false);
        }
        catch (SocketException error)
        {
            return (silo, error.SocketErrorCode == SocketError.ConnectionRefused);
        }
        catch (OperationCanceledException)
        {
            return (silo, false);
        }
    }

    [LoggerMessage(5008, LogLevel.Warning, "A lost silo could not be declared dead: {Reason}")]
    private partial void LogNotDeclared(string reason);

    [LoggerMessage(5006, LogLevel.Warning, "Nobody listens at the port of silo {Silo}: it is declared dead")]
    private partial void LogLost(string silo);
}
