using Microsoft.Extensions.DependencyInjection;

namespace Relay.Grains;

/// <summary>
/// Tells a gateway that it has lost a way into the cluster. A silo that hangs also passes on what is for the others, so calls to silos that live may be
/// waiting there too, and those made between its being declared dead and this moment as well.
/// </summary>
/// <param name="services">Where the runtime is, which needs the client that this is a part of.</param>
internal sealed class LostWays(IServiceProvider services) : IClusterConnectionStatusObserver
{
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways) services.GetRequiredService<OrleansRuntime>().Upheave();
    }

    public void NotifyClusterConnectionLost()
    {
    }
}
