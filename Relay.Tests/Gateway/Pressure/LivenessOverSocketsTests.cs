using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Pressure;

public sealed class LivenessOverSocketsTests
{
    // Beyond the period of the registry's sweep, so that each step is looked at.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(31);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(21);

    [Fact]
    public async Task AClientThatFloodsAHungPluginLivesAndGetsItsAnswers()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        var sending = client.SendRawAsync(Enumerable.Range(0, 300).SelectMany(i => Rig.Masked(Rig.Message("hang_async", i, "\"here\""))).ToArray());
        await rig.Stage.ArrivedAsync("here");
        await Rig.BecomesAsync(() => rig.Gateway.ReadingPauses > 0);
        for (var period = 0; period < 3; period++) rig.Time.Advance(Interval + Timeout);
        Assert.Equal(100, rig.Gateway.MessagesReceived);

        rig.Stage.Open("here");
        for (var i = 0; i < 300; i++) Assert.Equal("hang_done", (await Rig.AnswerAsync(client, i)).GetProperty("type").GetString());
        await sending;
        Assert.Equal((1, 0), (rig.Registry.Count, rig.Gateway.DeadPeers));
    }

    [Fact]
    public async Task ASilentPeerIsPingedThenDroppedAndItsHubIsTold()
    {
        await using var rig = await Rig.StartAsync();
        var silent = await rig.JoinAsync("alice");
        var other = await rig.JoinAsync("alice");
        await Heard(rig, other);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        rig.Time.Advance(Interval);
        await Heard(rig, other);
        await NextPing(silent);
        rig.Time.Advance(Timeout);
        await Rig.BecomesAsync(() => rig.Registry.Count == 1);

        Assert.Equal(1, rig.Gateway.DeadPeers);
        await rig.HubsBecomeAsync(1, 1);
        var third = await rig.JoinAsync("alice");
        await third.SendTextAsync(Rig.Message("pool_say", 1));
        await Rig.AnswerAsync(third, 1);
        Assert.False(await silent.ReceiveEndAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task APeerThatSendsOnlyControlFramesLivesAndIsPingedAgainAndAgain(bool pong)
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        for (var period = 1; period <= 5; period++)
        {
            rig.Time.Advance(Interval);
            await NextPing(client);
            Assert.Equal(period, rig.Gateway.Pings);
            await client.SendFrameAsync(pong ? Opcode.Pong : Opcode.Ping, "x"u8.ToArray());
            await Heard(rig, client);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, rig.Registry.Count);
    }

    [Fact]
    public async Task FloodsOfControlFramesAreAnsweredByTheLastOne()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        var piece = Enumerable.Range(0, 500).SelectMany(i => RawWebSocketClient.Frame(i % 2 == 0 ? Opcode.Ping : Opcode.Pong, BitConverter.GetBytes(i))).ToArray();
        for (var i = 0; i < 40; i++) await client.SendRawAsync(piece);
        await client.SendFrameAsync(Opcode.Ping, "last"u8.ToArray());
        await client.SendTextAsync(Rig.Message("inline_say", 1));
        var pongs = 0;
        while (await client.ReceiveAsync() is { Opcode: Opcode.Pong } pong)
        {
            pongs++;
            if (pong.Text == "last") break;
        }

        Assert.InRange(pongs, 1, 10_001);
        await Rig.AnswerAsync(client, 1);
    }

    private static async Task<ServerFrame> NextPing(RawWebSocketClient client)
    {
        while (true)
        {
            var frame = await client.ReceiveAsync();
            if (frame.Opcode == Opcode.Ping) return frame;
        }
    }

    // An answer proves that what was sent before it has been heard.
    private static async Task Heard(Rig rig, RawWebSocketClient client)
    {
        await client.SendTextAsync(Rig.Message("pool_say", 7));
        await Rig.AnswerAsync(client, 7);
        Assert.False(rig.Registry.IsDraining);
    }
}
