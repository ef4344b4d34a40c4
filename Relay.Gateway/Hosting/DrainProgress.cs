using System.Diagnostics.Metrics;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Hosting;

/// <summary>How far a stop has come, as metrics: <c>relay_connections</c> says how many are left, these say what was done to those that were there.</summary>
internal sealed class DrainProgress
{
    private readonly long[] _sockets = new long[3];
    private int _draining;
    private long _waiting;

    public DrainProgress(RelayMetrics metrics)
    {
        var meter = metrics.Meter;
        meter.CreateObservableGauge("relay_draining", () => (long)Volatile.Read(ref _draining), null, "1 from the moment that the process was told to stop.");
        meter.CreateObservableGauge("relay_drain_waiting_sockets", () => Interlocked.Read(ref _waiting), null, "Sockets that a stop has not told to go yet: their slot is still to come.");
        meter.CreateObservableCounter(
            "relay_drain_sockets_total",
            () => Enum.GetValues<DrainStep>().Select(step => new Measurement<long>(Interlocked.Read(ref _sockets[(int)step]), new KeyValuePair<string, object?>("step", Name(step)))),
            null,
            "Sockets that a stop told to go when their work was done (told), closed with work under way because the time was up (cut), or dropped without a goodbye (aborted).");
    }

    public long Of(DrainStep step) => Interlocked.Read(ref _sockets[(int)step]);

    public void Began(int sockets)
    {
        Interlocked.Exchange(ref _waiting, sockets);
        Volatile.Write(ref _draining, 1);
    }

    public void Told(int sockets)
    {
        Interlocked.Add(ref _waiting, -sockets);
        Count(DrainStep.Told, sockets);
    }

    public void Count(DrainStep step, int sockets) => Interlocked.Add(ref _sockets[(int)step], sockets);

    private static string Name(DrainStep step) => step switch
    {
        DrainStep.Told => "told",
        DrainStep.Cut => "cut",
        DrainStep.Aborted => "aborted",
    };
}

/// <summary>What a stop does to a socket.</summary>
internal enum DrainStep
{
    /// <summary>Told to go once its work is done.</summary>
    Told,

    /// <summary>Closed with work under way: the time was up, or a second signal came.</summary>
    Cut,

    /// <summary>Dropped without a goodbye.</summary>
    Aborted,
}
