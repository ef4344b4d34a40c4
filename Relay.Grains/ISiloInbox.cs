using Orleans.Services;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// Where a silo takes what gateways send to its hubs, for all users at once: a call for each user would cost more than all that is done with a message.
/// </summary>
[Alias("relay.ISiloInbox")]
internal interface ISiloInbox : IGrainService
{
    /// <summary>A gateway's next batches.</summary>
    /// <returns>For each whether it was taken; if not, the hub of that epoch is not here or does not know the gateway: sync first.</returns>
    [Alias("Accept")]
    Task<bool[]> Accept(string gateway, [Immutable] UserBatch[] batches);
}
