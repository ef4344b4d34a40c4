using Relay.Gateway.Connections;

namespace Relay.Gateway.Telemetry;

/// <summary>What can be seen of the connections by walking over them, which is done when somebody asks: no message pays for it.</summary>
internal sealed class ConnectionCensus(ConnectionRegistry registry)
{
    /// <summary>What a connection may be for, and that it is not known yet.</summary>
    public static readonly string[] Jobs = ["hub", "room", "introduction", "pipe", "node", "none"];

    private Count? _last;

    /// <summary>What <see cref="Take"/> has counted last.</summary>
    public Count Last => Volatile.Read(ref _last) ?? Take();

    /// <summary>Counts.</summary>
    public Count Take()
    {
        var count = new Count();
        foreach (var connection in registry.All) count.Add(connection);
        Volatile.Write(ref _last, count);
        return count;
    }

    /// <summary>What was counted.</summary>
    internal sealed class Count
    {
        private readonly long[] _byJob = new long[Jobs.Length];

        /// <summary>Bytes that wait for clients.</summary>
        public long OutboxBytes { get; private set; }

        /// <summary>The most that waits for one client.</summary>
        public long LargestOutbox { get; private set; }

        /// <summary>Connections whose data is not taken, for want of credit or because of a rate.</summary>
        public long Paused { get; private set; }

        public long Of(int job) => _byJob[job];

        public void Add(Connection connection)
        {
            // Few jobs: a search costs less than a hash.
            var job = Array.IndexOf(Jobs, connection.Use?.Job ?? "none");
            if (job >= 0) _byJob[job]++;
            var bytes = connection.BytesWaiting;
            OutboxBytes += bytes;
            LargestOutbox = Math.Max(LargestOutbox, bytes);
            if (connection.IsHeldUp) Paused++;
        }
    }
}
