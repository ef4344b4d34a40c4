using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>What grains call at gateways.</summary>
/// <remarks>
/// In the silo's name, not in that of the grain whose turn it is. A gateway that is a client answers by way of one of its silos, which looks up where the
/// answer belongs: a silo is told by its address, a grain by a directory of which that silo may have an old copy. When the grain was there itself a moment ago, as
/// every hub of a silo that leaves was, it takes the answer for that one's and drops it, and the hub waits until its call is over.
/// </remarks>
internal static class GatewayCalls
{
    // A thread of the pool has no grain's context.
    public static Task<T> CallAsync<T>(this GatewayRef gateway, Func<IGatewayObserver, Task<T>> call) => Task.Run(() => call(gateway.Observer));

    public static Task CallAsync(this GatewayRef gateway, Func<IGatewayObserver, Task> call) => Task.Run(() => call(gateway.Observer));
}
