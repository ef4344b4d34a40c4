using System.Security.Cryptography;
using Relay.Core.Errors;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Peers;

/// <summary>Pipes over real sockets.</summary>
public sealed class PipeTests(PeerServer server) : IClassFixture<PeerServer>
{
    private RelayServer Relay => server.Relay;

    [Fact]
    public async Task FramesPassAsTheyComeFragmentsAsFragments()
    {
        var (one, other) = await Relay.PairAsync("fragments");
        one.TakesFragments = other.TakesFragments = true;
        await one.SendFrameAsync(Opcode.Text, "te"u8.ToArray(), fin: false);
        await one.SendFrameAsync(Opcode.Ping, "p"u8.ToArray());
        await one.SendFrameAsync(Opcode.Continuation, new byte[3000], fin: false);
        await one.SendFrameAsync(Opcode.Continuation, Array.Empty<byte>());
        await one.SendFrameAsync(Opcode.Binary, new byte[] { 255, 0 });
        await ExpectAsync(other, Opcode.Text, "te"u8.ToArray(), fin: false);
        await ExpectAsync(other, Opcode.Continuation, new byte[3000], fin: false);
        await ExpectAsync(other, Opcode.Continuation, []);
        await ExpectAsync(other, Opcode.Binary, [255, 0]);
        await ExpectAsync(one, Opcode.Pong, "p"u8.ToArray());
        await other.SendTextAsync("null");
        await ExpectAsync(one, Opcode.Text, "null"u8.ToArray());
    }

    [Fact]
    public async Task WhatIsSentBeforeTheOtherComesIsHeldVerbatim()
    {
        var one = await Relay.PipeAsync("one", "other", "held");
        await one.SendTextAsync("text");
        await one.SendFrameAsync(Opcode.Binary, new byte[] { 1, 2, 3 });
        await one.SendFrameAsync(Opcode.Ping, Array.Empty<byte>());
        await ExpectAsync(one, Opcode.Pong, []);
        var other = await Relay.PipeAsync("other", "one", "held");
        await ExpectAsync(other, Opcode.Text, "text"u8.ToArray());
        await ExpectAsync(other, Opcode.Binary, [1, 2, 3]);
    }

    [Fact]
    public async Task IdsWithAnySeparatorDoNotCollideAndAPeerMayTalkWithItself()
    {
        var first = await Relay.PipeAsync("a%3Ab", "c", "d");
        var second = await Relay.PipeAsync("c", "a", "b%3Ad");
        var (left, right) = (await Relay.PipeAsync("self", "self", "d"), await Relay.PipeAsync("self", "self", "d"));
        await left.SendTextAsync("me");
        Assert.Equal("me", (await right.ReceiveAsync()).Text);
        var third = await Relay.PipeAsync("c", "a%3Ab", "d");
        await first.SendTextAsync("for the third");
        Assert.Equal("for the third", (await third.ReceiveAsync()).Text);
        await second.ExpectNothingAsync();
    }

    [Fact]
    public async Task AThirdSocketWaitsForAPartnerOfItsOwn()
    {
        var (one, other) = await Relay.PairAsync("third");
        var third = await Relay.PipeAsync("one", "other", "third");
        await third.SendTextAsync("later");
        await third.ExpectNothingAsync();
        await other.SendTextAsync("still");
        Assert.Equal("still", (await one.ReceiveAsync()).Text);
        var fourth = await Relay.PipeAsync("other", "one", "third");
        Assert.Equal("later", (await fourth.ReceiveAsync()).Text);
    }

    [Fact]
    [Provokes(CloseReason.PartnerGone)]
    public async Task WhenOneEndClosesTheOtherIsSentTheRestAndClosedWithoutACode()
    {
        var (one, other) = await Relay.PairAsync("closes");
        for (var i = 0; i < 100; i++) await one.SendFrameAsync(Opcode.Binary, new byte[10_000]);
        await one.SendCloseAsync(4000, "mine alone");
        Assert.Equal(new ServerClose(4000, ""), await one.ReceiveCloseAsync());
        for (var i = 0; i < 100; i++) Assert.Equal(10_000, (await other.ReceiveAsync()).Payload.Length);
        await other.ExpectCloseAsync(CloseCodes.NoStatus, "");
    }

    [Fact]
    public async Task WhenOneEndIsLostInsideAFrameTheOtherIsDropped()
    {
        var (one, other) = await Relay.PairAsync("lost");
        var frame = RawWebSocketClient.Frame(Opcode.Binary, new byte[100_000]);
        await one.SendRawAsync(frame.AsMemory(0, 50_000));
        await one.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => other.ReceiveAsync());
    }

    [Fact]
    public async Task ABreachOfTheProtocolClosesItsEndWith1002AndTheOtherWithoutACode()
    {
        var (one, other) = await Relay.PairAsync("breach");
        await one.SendFrameAsync(Opcode.Continuation, new byte[1]);
        Assert.Equal(1002, (await one.ReceiveCloseAsync()).Code);
        await other.ExpectCloseAsync(CloseCodes.NoStatus, "");
    }

    [Fact]
    [Provokes(CloseReason.Replaced)]
    public async Task ANewerEndTakesThePlaceOfTheOneThatWaits()
    {
        var older = await Relay.PipeAsync("one", "other", "newer");
        await older.SendTextAsync("not delivered");
        var newer = await Relay.PipeAsync("one", "other", "newer");
        await older.ExpectCloseAsync(4409, "replaced");
        var other = await Relay.PipeAsync("other", "one", "newer");
        await newer.SendTextAsync("delivered");
        Assert.Equal("delivered", (await other.ReceiveAsync()).Text);
    }

    [Fact]
    public async Task WhatAnEndThatLeftHadSentIsNotGivenToTheNext()
    {
        var left = await Relay.PipeAsync("one", "other", "left");
        await left.SendTextAsync("old");
        await left.SendCloseAsync(1000);
        Assert.Equal(1000, (await left.ReceiveCloseAsync()).Code);
        var other = await Relay.PipeAsync("other", "one", "left");
        var one = await Relay.PipeAsync("one", "other", "left");
        await one.SendTextAsync("new");
        Assert.Equal("new", (await other.ReceiveAsync()).Text);
    }

    [Fact]
    [Provokes(CloseReason.HoldFull)]
    public async Task WhoSendsTooMuchBeforeTheOtherComesIsClosed()
    {
        await using var relay = await RelayServer.StartAsync(new RelayPeersOptions { HoldBytes = 20_000 }.With());
        var one = await relay.PipeAsync("one", "other");
        await one.SendFrameAsync(Opcode.Binary, new byte[15_000]);
        await one.ExpectNothingAsync();
        await one.SendFrameAsync(Opcode.Binary, new byte[15_000]);
        await one.ExpectCloseAsync(4413, "hold_full");
    }

    [Fact]
    [Provokes(CloseReason.HoldTimeout)]
    public async Task WhoWaitsTooLongIsClosedAndWhoHasAPartnerIsNot()
    {
        var time = new ManualTime();
        await using var relay = await RelayServer.StartAsync(new RelayPeersOptions { HoldTimeout = TimeSpan.FromSeconds(5) }.With(), time: time);
        var alone = await relay.PipeAsync("alone", "nobody");
        var (one, other) = await relay.PairAsync();
        for (var i = 0; i < 20; i++) time.Advance(TimeSpan.FromMilliseconds(500));
        await alone.ExpectCloseAsync(4410, "hold_timeout");
        await one.SendTextAsync("still");
        Assert.Equal("still", (await other.ReceiveAsync()).Text);
    }

    [Fact]
    public async Task AFrameOfFiveMegabytesPasses()
    {
        var (one, other) = await Relay.PairAsync("big");
        var payload = RandomNumberGenerator.GetBytes(5 << 20);
        var sending = one.SendFrameAsync(Opcode.Binary, payload);
        await ExpectAsync(other, Opcode.Binary, payload);
        await sending;
    }

    private static async Task ExpectAsync(RawWebSocketClient client, Opcode opcode, byte[] payload, bool fin = true)
    {
        var frame = await client.ReceiveAsync();
        Assert.Equal((opcode, fin, payload.Length), (frame.Opcode, frame.Fin, frame.Payload.Length));
        Assert.True(payload.AsSpan().SequenceEqual(frame.Payload), "The payload has changed.");
    }
}
