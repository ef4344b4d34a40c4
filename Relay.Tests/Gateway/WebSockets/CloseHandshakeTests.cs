using Relay.Gateway.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

public class CloseHandshakeTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(4321)]
    [InlineData(CloseCodes.NoStatus)]
    public void APeersCloseIsEchoedAndThenTheTransportMayClose(int code)
    {
        var handshake = new CloseHandshake();
        Assert.True(handshake.TakesData);
        Assert.True(handshake.Receive(code, out var reply));
        Assert.Equal(code, reply);
        Assert.False(handshake.TakesData);
        Assert.False(handshake.MayCloseTransport);
        handshake.Replied();
        Assert.True(handshake.MayCloseTransport);
    }

    [Fact]
    public void OurCloseWaitsForThePeersAndIsNotAnsweredTwice()
    {
        var handshake = new CloseHandshake();
        Assert.True(handshake.Begin());
        Assert.False(handshake.TakesData);
        Assert.False(handshake.MayCloseTransport);
        Assert.False(handshake.Receive(1000, out _));
        Assert.True(handshake.MayCloseTransport);
    }

    [Fact]
    public void OnlyTheFirstBeginSends()
    {
        var handshake = new CloseHandshake();
        Assert.True(handshake.Begin());
        Assert.False(handshake.Begin());
        handshake.Receive(1000, out _);
        Assert.False(handshake.Begin());
    }

    [Fact]
    public void AfterAPeersCloseWeDoNotBeginOurOwn()
    {
        var handshake = new CloseHandshake();
        handshake.Receive(1000, out _);
        Assert.False(handshake.Begin());
        Assert.False(handshake.Receive(1000, out _));
    }

    [Fact]
    public void AViolationOwesACloseFrameAndWaitsForNone()
    {
        var handshake = new CloseHandshake();
        Assert.True(handshake.Fail());
        handshake.Replied();
        Assert.True(handshake.MayCloseTransport);
    }

    [Fact]
    public void AViolationAfterOurCloseOwesNothing()
    {
        var handshake = new CloseHandshake();
        handshake.Begin();
        Assert.False(handshake.Fail());
        Assert.True(handshake.MayCloseTransport);
    }

    [Fact]
    public void AReplyNobodyOwesIsABug()
    {
        Assert.Throws<InvalidOperationException>(() => new CloseHandshake().Replied());
    }
}
