using Relay.Core.Plugins;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>Incarnations from the database's clock: higher for later ones, in whichever process, and across restarts.</summary>
/// <remarks>
/// Blocks of a sequence would not do: a user who moves from one process to another and back would come with the rest of the
/// first one's block, which is below what the second one gave. So a process keeps up with one clock, the database's, by
/// its own monotonic one; every answer to <see cref="PostgresStatements.Clock"/> bounds how far it can be off. While the database is
/// away it goes on alone. It may lag by a round trip, never lead by more than the drift between two answers. The
/// process's number in the low bits keeps two processes from giving the same incarnation.
/// </remarks>
internal sealed class PostgresIncarnations(TimeProvider time, long process) : IIncarnationSource
{
    // Microseconds until the year 2112 and 2048 processes in 63 bits.
    private const int ProcessBits = 11;
    private const long Unset = long.MinValue;

    private readonly long _process = process & ((1 << ProcessBits) - 1);
    private readonly HighestNumber _last = new(0);
    private long _offset = Unset;

    public long Next() => (_last.Next(Microseconds(time.GetTimestamp()) + Volatile.Read(ref _offset)) << ProcessBits) | _process;

    /// <summary>What the database's clock showed at some moment between two of ours. One caller at a time.</summary>
    public void Observe(long sent, long received, long clock)
    {
        var (lowest, highest) = (clock - Microseconds(received), clock - Microseconds(sent));
        var offset = Volatile.Read(ref _offset);
        Volatile.Write(ref _offset, offset == Unset ? lowest : Math.Clamp(offset, lowest, highest));
    }

    /// <summary>Another process has given this one: what follows is higher.</summary>
    public void Observe(long incarnation) => _last.Raise(incarnation >> ProcessBits);

    private long Microseconds(long timestamp) => (long)((Int128)timestamp * 1_000_000 / time.TimestampFrequency);
}
