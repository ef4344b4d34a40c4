using Relay.Core.Protocol;
using Relay.Gateway.Connections;

namespace Relay.Tests.Gateway.Connections;

public sealed class InboundCreditTests
{
    private readonly InboundCredit _credit = new(new(2, 100));

    [Fact]
    public void MessagesRunOut()
    {
        _credit.Take(new(1, 1));
        Assert.True(_credit.IsAvailable);
        _credit.Take(new(1, 1));
        Assert.False(_credit.IsAvailable);
        _credit.Return(new(1, 1));
        Assert.True(_credit.IsAvailable);
        Assert.False(_credit.IsWhole);
        _credit.Return(new(1, 1));
        Assert.True(_credit.IsWhole);
    }

    [Fact]
    public void BytesRunOutAndOneMessageOfAnySizeMayPass()
    {
        _credit.Take(new(1, 5000));
        Assert.False(_credit.IsAvailable);
        _credit.Return(new(1, 5000));
        Assert.True(_credit.IsAvailable && _credit.IsWhole);
    }

    [Fact]
    public void ReturnedCreditWakesWhoIsParkedOnlyWhenItIsEnough()
    {
        _credit.Take(new(1, 300));
        _credit.Take(new(1, 10));
        var parked = _credit.Park();
        Assert.True(_credit.IsAwaited);
        _credit.Return(new(1, 10));
        Assert.False(parked.IsCompleted);
        _credit.Return(new(1, 300));
        Assert.True(parked.IsCompleted);
        Assert.False(_credit.IsAwaited);
    }

    [Fact]
    public async Task NoWakeUpIsLostBetweenLookingAndParking()
    {
        var credit = new InboundCredit(new(1, 100));
        for (var round = 0; round < 10_000; round++)
        {
            credit.Take(new(1, 1));
            var back = Task.Run(() => credit.Return(new(1, 1)));
            var parked = credit.Park();
            if (credit.IsAvailable) credit.Wake();
            await parked.WaitAsync(ConnectionRig.Bound);
            await back;
            Assert.True(credit.IsWhole);
        }
    }

    [Fact]
    public void NothingGivenBackWakesNobody()
    {
        _credit.Take(new(2, 1));
        var parked = _credit.Park();
        _credit.Return(Credit.None);
        Assert.False(parked.IsCompleted);
    }
}
