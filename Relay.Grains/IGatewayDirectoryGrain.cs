using Orleans.Concurrency;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The gateways of the cluster, kept as long as they keep telling that they live.</summary>
[Alias("relay.IGatewayDirectoryGrain")]
internal interface IGatewayDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>A gateway lives.</summary>
    /// <returns>The directory's name, to be told with the next call.</returns>
    [AlwaysInterleave, Alias("Announce")]
    Task<string> Announce(GatewayRef gateway);

    /// <summary>A gateway stops.</summary>
    [AlwaysInterleave, Alias("Withdraw")]
    Task Withdraw(string gateway);

    /// <summary>All gateways. A directory that took the place of a lost one waits until each that lives has had the time to announce itself.</summary>
    /// <param name="known">A directory that the caller has heard of, or empty.</param>
    [AlwaysInterleave, Alias("List")]
    Task<GatewayRef[]> List(string known);
}
