using Orleans;
using Orleans.Core.Internal;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Grains.Wire;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>A document that is lost, and calls of it as well.</summary>
public sealed class LostDocumentTests : ClusterTest
{
    [Fact]
    public async Task PeersMeetAlsoWhenTheAnswerOfTheDocumentThatBeganAnewIsLost()
    {
        var (alice, bob) = (Peer(First, "alice"), Peer(Second, "bob"));
        await alice.JoinAsync("x");
        await bob.JoinAsync("x");
        Assert.Equal(("alice x", "bob x"), (await bob.MeetsAsync(), await alice.MeetsAsync()));

        // The first gateway's repetition waits until the document has begun anew with the second's peers, and its first answer never comes.
        var (caught, release, lost) = (Source(), Source(), 0);
        Cluster.FromGateways.Tap(async call =>
        {
            if (call.InterfaceMethod.Name != nameof(IDocumentGrain.Sync) || ((GatewayRef)call.Request.GetArgument(0)!).Id != First.Gateway.Id)
            {
                await call.Invoke();
                return;
            }

            caught.TrySetResult();
            await release.Task;
            await call.Invoke();
            if (Interlocked.Exchange(ref lost, 1) == 0) throw new TimeoutException("The answer is lost.");
        });
        await caught.Task.WaitAsync(RecordingConnection.Patience);
        TenantContext.Set(TenantId.Default);
        await Cluster.Grains.Document(new(TenantId.Default, "x")).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        var carol = Peer(Second, "carol");
        await carol.JoinAsync("x");
        Assert.Equal("carol x", await bob.MeetsAsync());
        Assert.Equal("bob x", await carol.MeetsAsync());
        release.SetResult();

        string met;
        while ((met = await alice.MeetsAsync()) != "carol x") Assert.Equal("bob x", met);
        while ((met = await carol.MeetsAsync()) != "alice x") Assert.Equal("bob x", met);
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static PeerClient Peer(IRelayRuntime gateway, string peerId) => new(gateway, new(TenantId.Default, peerId));
}
