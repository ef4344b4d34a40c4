namespace Relay.Gateway.Hosting;

/// <summary>How far a stop has come; read by the metrics.</summary>
internal sealed class DrainProgress
{
    private readonly long[] _sockets = new long[3];
    private int _draining;
    private long _waiting;

    /// <summary>True from the moment that the process was told to stop.</summary>
    public bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>Sockets that were not told to go yet: their slot is still to come.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

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
