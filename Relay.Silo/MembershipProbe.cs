using Orleans.Messaging;
using Relay.Gateway.Telemetry;

namespace Relay.Silo;

/// <summary>Reads the table of members now and then, so that an operator hears that it is away before a silo is lost that cannot be declared dead without it.</summary>
internal sealed partial class MembershipProbe(IServiceProvider services, ClusterHealth health, TimeProvider time, ILogger<MembershipProbe> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);

        // Whoever waits for its cluster at the start says so itself: only what could be read once can be lost.
        bool? wasRead = null;
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                var silos = await CountAsync(stoppingToken).WaitAsync(Interval, time, stoppingToken);
                if (wasRead == false) LogBack();
                wasRead = true;
                health.Read(silos);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (wasRead == true) LogAway(error.GetType().Name);
                if (wasRead is not null) wasRead = false;
                health.NotRead();
            }
        }
    }

    // A silo has the table itself, a gateway the list of silos that it may call, which is read from the same.
    private async Task<int> CountAsync(CancellationToken stopping) =>
        services.GetService<IMembershipTable>() is { } table
            ? (await table.ReadAllAsync(stopping)).Members.Count(static member => member.Item1.Status == SiloStatus.Active)
            : (await services.GetRequiredService<IGatewayListProvider>().GetGateways()).Count;

    [LoggerMessage(5021, LogLevel.Error, "The table of members cannot be read ({Fault}): clients are served, but no silo can join, leave or be declared dead")]
    private partial void LogAway(string fault);

    [LoggerMessage(5022, LogLevel.Information, "The table of members can be read again")]
    private partial void LogBack();
}
