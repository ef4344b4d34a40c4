namespace Relay.Agent;

/// <summary>
/// How long to wait before the next try: twice as long after each failure, up to a bound, and of that a random half, so that agents that lost
/// one relay together do not come back together. A connection that stood for longer than the bound makes it begin anew.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most, Random random)
{
    private int _failures;

    /// <summary>The pause after a try that failed, or after a connection that ended.</summary>
    /// <param name="stood">How long the connection had been there; zero when it never was.</param>
    public TimeSpan After(TimeSpan stood)
    {
        if (stood > most) _failures = 0;
        // 2^30 of the smallest sensible pause is beyond any bound, and the shift stays within an integer.
        var full = Math.Min(first.TotalMilliseconds * (1 << Math.Min(_failures, 30)), most.TotalMilliseconds);
        _failures++;
        return TimeSpan.FromMilliseconds(full / 2 + random.NextDouble() * full / 2);
    }
}
