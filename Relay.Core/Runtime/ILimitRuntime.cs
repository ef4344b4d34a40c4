using Relay.Core.Limits;

namespace Relay.Core.Runtime;

/// <summary>Who else counts against a tenant's limits.</summary>
public interface ILimitRuntime
{
    /// <summary>How often a share is asked for; null where this process is all there is, and has all of every limit.</summary>
    TimeSpan? AskEvery { get; }

    /// <summary>Who counts the limits of users; null where this process does.</summary>
    IUserLimitRuntime? Users { get; }

    /// <summary>See <see cref="LimitShares.Report"/>.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="use">What this process uses.</param>
    /// <param name="held">The share that it goes by.</param>
    /// <param name="limits">The tenant's limits.</param>
    /// <returns>Its share from now on.</returns>
    ValueTask<SubjectLimits> ShareAsync(TenantId tenant, LimitUse use, SubjectLimits held, SubjectLimits limits);
}

/// <summary>One process alone.</summary>
internal sealed class LocalLimits : ILimitRuntime
{
    public static LocalLimits Instance { get; } = new();

    public TimeSpan? AskEvery => null;

    public IUserLimitRuntime? Users => null;

    public ValueTask<SubjectLimits> ShareAsync(TenantId tenant, LimitUse use, SubjectLimits held, SubjectLimits limits) => new(limits);
}
