namespace Relay.Gateway.Connections;

/// <summary>The dead-peer clock of one connection: a peer that is silent is pinged, and dead when it stays silent.</summary>
internal struct Liveness
{
    // A pong comes behind everything that was sent before the ping: a reader of this rate is given the time it needs for that.
    private const int SlowestBytesPerSecond = 16 * 1024;

    private TimeSpan _heardAt;
    private TimeSpan _pingedAt;
    private Phase _phase;

    private enum Phase
    {
        New,
        Quiet,
        Pinged,
    }

    internal enum Verdict
    {
        Alive,
        Ping,
        Dead,
    }

    /// <summary>Whether a ping is out. Only then does it count what the transport says of the peer.</summary>
    internal readonly bool AwaitsPong => _phase == Phase.Pinged;

    /// <summary>Looks at the clock.</summary>
    /// <param name="now">The time.</param>
    /// <param name="heard">
    /// Whether the peer gave a sign of life since the last look: bytes came, or it took bytes that had waited for it. Also true while
    /// the socket is not read for want of credit: then silence says nothing, and the clock stands still.
    /// </param>
    /// <param name="taking">
    /// Whether the transport saw the peer take bytes since the last look while more wait for it: the ping may be behind them, so its
    /// timeout starts anew. A peer that took all and says nothing, or takes nothing, is dead after it and the time for reading.
    /// </param>
    /// <param name="unread">Bytes sent since the peer was last heard, which it may have to read before it sees the ping.</param>
    /// <param name="limits">The interval and the timeout.</param>
    internal Verdict Look(TimeSpan now, bool heard, bool taking, long unread, ConnectionLimits limits)
    {
        if (heard || _phase == Phase.New)
        {
            (_heardAt, _phase) = (now, Phase.Quiet);
            return Verdict.Alive;
        }

        if (_phase == Phase.Pinged)
        {
            if (taking) _pingedAt = now;
            var patience = limits.PingTimeout + TimeSpan.FromSeconds((double)unread / SlowestBytesPerSecond);
            return now - _pingedAt >= patience ? Verdict.Dead : Verdict.Alive;
        }

        if (now - _heardAt < limits.PingInterval) return Verdict.Alive;
        (_pingedAt, _phase) = (now, Phase.Pinged);
        return Verdict.Ping;
    }
}
