namespace Relay.Tests.Rules;

public sealed class NodePoolTests
{
    private readonly NodePoolRig _rig = new();

    [Fact]
    public void ACallGoesToTheNodeWithTheMostRoom()
    {
        _rig.Join("small", 2, "m");
        _rig.Join("large", 3, "m");
        _rig.Said();
        foreach (var call in (string[])["1", "2", "3", "4", "5"]) _rig.Ask(call);
        Assert.Equal("1@large 2@small 3@large 4@small 5@large", _rig.Said());
    }

    [Fact]
    public void AModelThatNobodyServesIsUnknown()
    {
        _rig.Join("n", 1, "other");
        _rig.Said();
        _rig.Ask("1");
        Assert.Equal("1:UnknownModel", _rig.Said());
    }

    [Fact]
    public void ACallThatFindsNoRoomWaitsAndIsServedInTurn()
    {
        _rig.Join("n", 1, "m");
        _rig.Ask("1");
        _rig.Ask("2");
        _rig.Ask("3");
        Assert.Equal("+n 1@n", _rig.Said());
        Assert.Equal((2, 1), (_rig.Pool.Waiting, _rig.Pool.InFlight));
        _rig.Now = TimeSpan.FromSeconds(3);
        _rig.Done("n", "1");
        Assert.Equal("2@n after 3", _rig.Said());
        _rig.Done("n", "1");
        Assert.Equal("", _rig.Said());
    }

    [Fact]
    public void CallersTakeTurnsHoweverManyCallsEachHas()
    {
        _rig.Join("n", 1, "m");
        _rig.Ask("a0");
        foreach (var call in (string[])["a1", "a2"]) _rig.Ask(call);
        _rig.Ask("b1", caller: "bob");
        _rig.Ask("c1", caller: "carol");
        _rig.Said();
        foreach (var call in (string[])["a0", "a1", "b1", "c1"]) _rig.Done("n", call);
        Assert.Equal("a1@n b1@n c1@n a2@n", _rig.Said());
    }

    [Fact]
    public void AFullQueueTakesFromWhoHasTheMostAndGivesToWhoHasLess()
    {
        _rig.Join("n", 1, "m");
        _rig.Ask("a0");
        foreach (var call in (string[])["a1", "a2", "a3", "a4", "a5"]) _rig.Ask(call);
        Assert.Equal("+n a0@n a5:Busy", _rig.Said());
        _rig.Ask("b1", caller: "bob");
        _rig.Ask("b2", caller: "bob");
        _rig.Ask("b3", caller: "bob");
        Assert.Equal("a4:Busy a3:Busy b3:Busy", _rig.Said());
        Assert.Equal(4, _rig.Pool.Waiting);
    }

    [Fact]
    public void WhoHasWaitedTooLongIsTold()
    {
        _rig.Join("n", 1, "m");
        _rig.Ask("1");
        _rig.Ask("2");
        _rig.Pass(6);
        _rig.Ask("3");
        _rig.Said();
        _rig.Pass(4);
        Assert.Equal("2:Busy", _rig.Said());
        _rig.Done("n", "1");
        Assert.Equal("3@n after 4", _rig.Said());
    }

    [Fact]
    public void WhoDoesNotWaitAnyMoreIsNotServed()
    {
        _rig.Join("n", 1, "m");
        _rig.Ask("1");
        _rig.Ask("2");
        _rig.Pool.Withdraw("2");
        _rig.Pool.Withdraw("1");
        _rig.Said();
        _rig.Done("n", "1");
        Assert.Equal("", _rig.Said());
        Assert.Equal(0, _rig.Pool.InFlight);
    }

    [Fact]
    public void AnAffinityKeepsToItsNodeWhileThatHasRoom()
    {
        _rig.Join("a", 2, "m");
        _rig.Join("b", 5, "m");
        _rig.Join("c", 2, "m");
        _rig.Said();
        foreach (var call in (string[])["1", "2", "3"]) _rig.Ask(call);
        _rig.Ask("4", affinity: "k");
        Assert.Equal("1@b 2@b 3@b 4@a", _rig.Said());
        _rig.Done("b", "1");
        _rig.Done("b", "2");
        _rig.Ask("5", affinity: "k");
        _rig.Ask("6", affinity: "k");
        _rig.Done("a", "4");
        _rig.Ask("7", affinity: "k");
        Assert.Equal("5@a 6@b 7@b", _rig.Said());
    }

    [Fact]
    public void OnlyTheLastAffinitiesAreRemembered()
    {
        var rig = new NodePoolRig(new(TimeSpan.FromSeconds(1), 1, 8) { MaxAffinities = 1 });
        rig.Join("a", 1, "m");
        rig.Join("b", 9, "m");
        for (var i = 0; i < 8; i++) rig.Ask($"b{i}");
        rig.Said();
        rig.Ask("1", affinity: "k");
        rig.Ask("2", affinity: "l");
        rig.Done("a", "2");
        rig.Done("b", "b0");
        rig.Done("b", "b1");
        rig.Said();
        rig.Ask("3", affinity: "k");
        Assert.Equal("3@b", rig.Said());
    }

    [Fact]
    public void ARetryGoesToAnotherNodeOrIsRefused()
    {
        _rig.Join("a", 1, "m");
        _rig.Join("b", 1, "m");
        _rig.Said();
        _rig.Ask("1", without: "a");
        Assert.Equal("1@b", _rig.Said());
        _rig.Ask("2", without: "a");
        _rig.Ask("3", without: ["a", "b"]);
        Assert.Equal("3:NoOther", _rig.Said());
        _rig.Leave("b");
        Assert.Equal("2:NoOther", _rig.Said());
    }

    [Fact]
    public void ARetryThatWaitsIsNotGivenToTheNodeThatFailed()
    {
        _rig.Join("a", 1, "m");
        _rig.Join("b", 1, "m");
        _rig.Ask("1");
        _rig.Ask("2");
        _rig.Ask("3", without: "a");
        _rig.Ask("4");
        _rig.Said();
        _rig.Done("a", "1");
        _rig.Done("b", "2");
        Assert.Equal("4@a 3@b", _rig.Said());
    }

    [Fact]
    public void TheModelsOfANodeTakeTurns()
    {
        _rig.Join("n", 1, "m", "o");
        _rig.Ask("m0");
        foreach (var call in (string[])["m1", "m2"]) _rig.Ask(call);
        foreach (var call in (string[])["o1", "o2"]) _rig.Ask(call, "o");
        _rig.Said();
        foreach (var call in (string[])["m0", "o1", "m1", "o2"]) _rig.Done("n", call);
        Assert.Equal("o1@n m1@n o2@n m2@n", _rig.Said());
    }

    [Fact]
    public void AModelIsKnownForAWhileAfterItsLastNodeLeft()
    {
        _rig.Join("n", 1, "m");
        _rig.Leave("n");
        _rig.Pass(5);
        _rig.Ask("1");
        Assert.Equal("+n", _rig.Said());
        _rig.Join("n/2", 1, "m");
        Assert.Equal("+n/2 1@n/2", _rig.Said());
        _rig.Leave("n/2");
        _rig.Pass(10);
        _rig.Ask("2");
        Assert.Equal("2:UnknownModel", _rig.Said());
        Assert.True(_rig.Pool.IsEmpty);
    }
}
