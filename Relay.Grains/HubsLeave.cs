namespace Relay.Grains;

/// <summary>
/// Ends the hubs of a silo that leaves, as the first thing it does: a moment later the cluster says goodbye to its clients, and what hubs have left to
/// tell their gateways would not arrive.
/// </summary>
internal sealed class HubsLeave(SiloHubs hubs) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(HubsLeave), ServiceLifecycleStage.Active + 1, static _ => Task.CompletedTask, hubs.LeaveAsync);
}
