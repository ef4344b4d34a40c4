using Relay.Core.Errors;
using Relay.Tests.Gateway.Hub;

namespace Relay.Tests.Rules;

/// <summary>The nodes' coming and going.</summary>
public sealed class NodePoolNodesTests
{
    private readonly NodePoolRig _rig = new();

    [Fact]
    [Provokes(CloseReason.NodeIdTaken)]
    public void ASecondSocketOfANodeIsRefusedWhenTheFirstLives()
    {
        _rig.Join("n/1", 1, "m");
        _rig.Join("n/2", 1, "m");
        _rig.Join("n/3", 1, "m");
        Assert.Equal("+n/1 ?n/1 -n/3:NodeIdTaken", _rig.Said());
        _rig.Pool.Answered("n/1");
        _rig.Leave("n/2");
        _rig.Ask("1");
        Assert.Equal("-n/2:NodeIdTaken 1@n/1", _rig.Said());
    }

    [Fact]
    public void ASecondSocketTakesThePlaceOfOneThatIsFoundDead()
    {
        _rig.Join("n/1", 1, "m");
        _rig.Ask("1");
        _rig.Join("n/2", 1, "m");
        _rig.Ask("2");
        _rig.Said();
        _rig.Leave("n/1");
        Assert.Equal("+n/2 2@n/2", _rig.Said());
        _rig.Done("n/1", "1");
        Assert.Equal(1, _rig.Pool.InFlight);
    }

    [Fact]
    public void AClaimantThatLeavesIsForgotten()
    {
        _rig.Join("n/1", 1, "m");
        _rig.Join("n/2", 1, "m");
        _rig.Leave("n/2");
        _rig.Leave("n/1");
        _rig.Pool.Answered("n/1");
        _rig.Pass(10);
        Assert.Equal("+n/1 ?n/1", _rig.Said());
        Assert.True(_rig.Pool.IsEmpty);
    }

    [Fact]
    [Provokes(CloseReason.TooManyNodes)]
    public void ATenantHasOnlySoManyNodes()
    {
        var rig = new NodePoolRig(new(TimeSpan.FromSeconds(1), 1, 1));
        rig.Join("a", 1, "m");
        rig.Join("b", 1, "m");
        Assert.Equal("+a -b:TooManyNodes", rig.Said());
        rig.Leave("b");
        rig.Leave("a");
        rig.Join("b", 1, "m");
        Assert.Equal("+b", rig.Said());
    }

    [Fact]
    public void ADrainedNodeGetsNoNewCallsUntilItIsWantedAgainAlsoWhenItComesBack()
    {
        _rig.Join("n", 2, "m");
        _rig.Ask("1");
        _rig.Drain("n");
        _rig.Ask("2");
        _rig.Leave("n");
        _rig.Join("n/2", 2, "m");
        Assert.Equal("+n 1@n !n +n/2 !n/2", _rig.Said());
        Assert.True(_rig.Pool.Nodes().Single().IsDraining);
        _rig.Drain("n", drains: false);
        Assert.Equal("~n/2 2@n/2", _rig.Said());
        Assert.False(_rig.Pool.Drain("nobody", true, default));
    }

    [Fact]
    public void ANodeThatOffersSomethingElseIsTakenAtItsWord()
    {
        _rig.Join("n", 1, "m", "o");
        _rig.Ask("1");
        _rig.Ask("2");
        _rig.Said();
        _rig.Change("n", 2, "m", "p");
        Assert.Equal("2@n", _rig.Said());
        _rig.Change("n", 1, "m");
        _rig.Ask("3");
        _rig.Done("n", "1");
        Assert.Equal("", _rig.Said());
        _rig.Done("n", "2");
        Assert.Equal("3@n", _rig.Said());
        Assert.Equal([("m", 1), ("o", 0), ("p", 0)], _rig.Pool.Models().Select(static model => (model.Model, model.Nodes)));
    }
}
