namespace Relay.Core.Limits;

/// <summary>
/// How a tenant's limits are shared by the gateways of a cluster: who uses little has a little more than it uses, and those who use all that they have share the rest
/// evenly. A share is given out only when another gateway has let go of it, so that all together never exceed the limit by more than one for each gateway.
/// A synchronous state machine; gateways report from time to time, and one that is silent for the lease has no share.
/// </summary>
/// <param name="lease">How long a gateway may be silent.</param>
public sealed class LimitShares(TimeSpan lease)
{
    private readonly Dictionary<string, Gateway> _gateways = new(StringComparer.Ordinal);

    /// <summary>Gateways that have a share.</summary>
    public int Count => _gateways.Count;

    /// <summary>A gateway says what it uses.</summary>
    /// <param name="id">The gateway.</param>
    /// <param name="use">What it uses.</param>
    /// <param name="held">The share that it goes by. Where this machine has begun anew it is how it learns of it.</param>
    /// <param name="limits">The tenant's limits.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>Its share from now on. What has no limit has none.</returns>
    public SubjectLimits Report(string id, in LimitUse use, SubjectLimits held, SubjectLimits limits, Turn turn)
    {
        foreach (var (other, silent) in _gateways)
            if (turn.Now - silent.Heard >= lease) _gateways.Remove(other);
        if (!_gateways.TryGetValue(id, out var gateway)) _gateways.Add(id, gateway = new());
        (gateway.Use, gateway.Share, gateway.Heard) = (use, held, turn.Now);
        gateway.Share = new(
            (int)Divide(gateway, limits.Connections, static one => one.Use.Connections, static one => one.Share.Connections),
            (int)Divide(gateway, limits.ConnectsPerSecond, static one => one.Use.ConnectsPerSecond, static one => one.Share.ConnectsPerSecond),
            (int)Divide(gateway, limits.MessagesPerSecond, static one => one.Use.MessagesPerSecond, static one => one.Share.MessagesPerSecond),
            Divide(gateway, limits.BytesPerSecond, static one => one.Use.BytesPerSecond, static one => one.Share.BytesPerSecond));
        return gateway.Share;
    }

    private long Divide(Gateway own, long limit, Func<Gateway, long> use, Func<Gateway, long> share)
    {
        if (limit == 0) return 0;
        var left = limit;
        foreach (var (_, other) in _gateways)
            if (other != own) left -= share(other);

        // At least one: none would be no limit, and whoever has none could never show that it wants some.
        return Math.Max(1, Math.Min(Fair(own, limit, use, share), left));
    }

    // From the smallest wish to the largest each gets what it wants, or an even part of what is there; what nobody wants is spread evenly.
    private long Fair(Gateway own, long limit, Func<Gateway, long> use, Func<Gateway, long> share)
    {
        var wishes = _gateways.Values.Select(one => (Gateway: one, Wish: Wish(use(one), share(one), limit))).OrderBy(static one => one.Wish).ToList();
        var (left, fair) = (limit, 0L);
        for (var i = 0; i < wishes.Count; i++)
        {
            var part = Math.Min(wishes[i].Wish, left / (wishes.Count - i));
            if (wishes[i].Gateway == own) fair = part;
            left -= part;
        }

        return fair + (left / wishes.Count);
    }

    // Who uses almost all that it has may want any more.
    private static long Wish(long used, long share, long limit) => share == 0 || used >= share - (share / 8) ? limit : Math.Min(limit, used + (used / 2) + 1);

    private sealed class Gateway
    {
        public LimitUse Use { get; set; }

        public SubjectLimits Share { get; set; } = SubjectLimits.None;

        public TimeSpan Heard { get; set; }
    }
}
