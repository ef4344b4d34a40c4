using Relay.Core.Limits;

namespace Relay.Gateway.Limits;

/// <summary>A tenant's limits and usage in this process.</summary>
internal sealed class TenantLedger(SubjectLimits limits)
{
    private UsageCounts _counted;
    private TimeSpan? _countedAt;

    public LimitAccount Limits { get; } = new(limits);

    public TenantUsage Usage { get; } = new();

    /// <summary>Those who count here; until they are gone the ledger is not forgotten. Under the table's lock.</summary>
    public int Holders { get; set; }

    /// <summary>This process's part of the limits, where it has not all of them. Under the table's lock.</summary>
    public SubjectLimits? Share { get; set; }

    /// <summary>What limits come to in this process. Under the table's lock.</summary>
    public SubjectLimits Effective(SubjectLimits whole) => Share is not { } share
        ? whole
        : new(
            (int)Least(whole.Connections, share.Connections),
            (int)Least(whole.ConnectsPerSecond, share.ConnectsPerSecond),
            (int)Least(whole.MessagesPerSecond, share.MessagesPerSecond),
            Least(whole.BytesPerSecond, share.BytesPerSecond));

    /// <summary>What is used now, the rates since the last time that somebody asked. Under the table's lock.</summary>
    public LimitUse Measure(TimeSpan now)
    {
        var counts = Usage.Read();
        var seconds = (now - _countedAt)?.TotalSeconds ?? 0;
        var (before, open) = (_counted, Limits.Open);
        (_counted, _countedAt) = (counts, now);
        return seconds <= 0
            ? new(open, 0, 0, 0)
            : new(open, (long)((counts.Requests - before.Requests) / seconds), (long)((counts.MessagesIn - before.MessagesIn) / seconds), (long)((counts.BytesIn - before.BytesIn) / seconds));
    }

    private static long Least(long limit, long share) => limit == 0 || share == 0 ? limit : Math.Min(limit, share);
}
