using Microsoft.Extensions.Logging;
using Relay.Core;

namespace Relay.Grains;

/// <summary>Refuses a call to an actor of another tenant than the caller's (DESIGN, "Orleans runtime"): the last line, should a key ever be built from the wrong source.</summary>
internal sealed class TenantCallFilter(ILogger<TenantCallFilter> logger) : IIncomingGrainCallFilter
{
    private readonly ClusterLog _log = new(logger);

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not (IUserHubGrain or ICentralHubGrain or IRoomGrain or IRoomListGrain or IDocumentGrain or IPeerPipeGrain or INodePoolGrain or IAnswersGrain or ITenantLimitsGrain or IUserLimitsGrain)) return context.Invoke();
        var owner = ActorKeys.TenantOf(context.TargetId.Key.ToString()!).Name;
        var caller = TenantContext.Current;
        if (caller == owner) return context.Invoke();
        _log.ForeignTenant(context.InterfaceMethod.Name, caller ?? "(none)", owner);
        throw new UnauthorizedAccessException("The actor belongs to another tenant.");
    }
}
