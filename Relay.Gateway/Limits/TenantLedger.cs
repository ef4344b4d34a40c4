using Relay.Core.Limits;

namespace Relay.Gateway.Limits;

/// <summary>A tenant's limits and usage in this process.</summary>
internal sealed class TenantLedger(SubjectLimits limits)
{
    public LimitAccount Limits { get; } = new(limits);

    public TenantUsage Usage { get; } = new();

    /// <summary>Those who count here; until they are gone the ledger is not forgotten. Under the table's lock.</summary>
    public int Holders { get; set; }
}
