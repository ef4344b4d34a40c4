using Relay.Core.Runtime;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>What is counted of tunnels; read by the metrics.</summary>
internal sealed class TunnelCounters
{
    /// <summary>The statuses of refusals.</summary>
    public static readonly int[] Statuses = [400, 403, 405, 407, 429, 502, 503, 504];

    private readonly long[] _ended = new long[Enum.GetValues<TunnelEnd>().Length];
    private readonly long[] _refused = new long[Statuses.Length];
    private long _opened;
    private long _up;
    private long _down;
    private long _held;

    /// <summary>How long it took to connect to targets, their names' lookup with it, by whether it came to anything.</summary>
    public Durations Dials { get; } = new();

    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>Bytes from clients to targets.</summary>
    public long Up => Interlocked.Read(ref _up);

    /// <summary>Bytes from targets to clients.</summary>
    public long Down => Interlocked.Read(ref _down);

    /// <summary>Bytes of clients that their targets have not taken yet.</summary>
    public long Held => Interlocked.Read(ref _held);

    public long Ended(TunnelEnd why) => Interlocked.Read(ref _ended[(int)why]);

    public long Refused(int status) => Interlocked.Read(ref _refused[Array.IndexOf(Statuses, status)]);

    public void CountOpened() => Interlocked.Increment(ref _opened);

    /// <summary>Only tunnels that were opened count as ended.</summary>
    public void CountEnded(TunnelEnd why) => Interlocked.Increment(ref _ended[(int)why]);

    public void CountRefused(int status) => Interlocked.Increment(ref _refused[Array.IndexOf(Statuses, status)]);

    public void CountUp(int bytes) => Interlocked.Add(ref _up, bytes);

    public void CountDown(int bytes) => Interlocked.Add(ref _down, bytes);

    public void CountHeld(int bytes) => Interlocked.Add(ref _held, bytes);
}
