using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Relay.Grains;

/// <summary>A user's hub lives where it is first called from: in a process with both roles a message stays there. A silo that leaves makes none any more.</summary>
[GenerateSerializer, Immutable, Alias("relay.HubPlacement")]
internal sealed class HubPlacement : PlacementStrategy;

/// <inheritdoc cref="HubPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class HubPlacementAttribute() : PlacementAttribute(new HubPlacement());

/// <summary>Chooses a silo for a hub that has none.</summary>
internal sealed class HubPlacementDirector(SiloHubs hubs) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (!hubs.IsLeaving && context.LocalSiloStatus == SiloStatus.Active && silos.Contains(context.LocalSilo)) return Task.FromResult(context.LocalSilo);
        SiloAddress[] others = [.. silos.Where(silo => !silo.Equals(context.LocalSilo))];
        return Task.FromResult(others.Length == 0 ? context.LocalSilo : others[target.GrainIdentity.GetUniformHashCode() % (uint)others.Length]);
    }
}
