using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Pressure;

public sealed class SlowReaderTests
{
    private const int Size = 64 * 1024;

    [Fact]
    public async Task AClientThatReadsSlowlyIsNeverClosed()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        for (var i = 0; i < 100; i++) await client.SendTextAsync(Rig.Message("big_get", i, Size.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        for (var i = 0; i < 100; i++)
        {
            var left = rig.Gateway.BytesSent;
            Assert.Equal(Size - 2, (await Rig.AnswerAsync(client, i)).GetProperty("data").GetString()!.Length);
            // Less than a period between two answers, many periods in all; a period passes only while the relay sees bytes leave.
            if (rig.Gateway.BytesSent != left) rig.Time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.Equal((1, 0), (rig.Registry.Count, rig.Gateway.DeadPeers));
    }

    [Fact]
    public async Task WhoReadsAgainWithinTheCloseTimeoutIsToldWhy()
    {
        await using var rig = await Rig.StartAsync();
        var (slow, pusher) = (await rig.JoinAsync(), await rig.JoinAsync());
        await OverflowAsync(rig, pusher);
        rig.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("slow_consumer", Rig.Error(await slow.ReceiveJsonAsync("error")));
        var close = await slow.ReceiveCloseAsync();
        Assert.Equal((4408, "slow_consumer"), (close.Code, close.Reason));
        await slow.SendCloseAsync(4408);
        Assert.True(await slow.ReceiveEndAsync());
        await Rig.BecomesAsync(() => rig.Registry.Count == 1);
        await rig.HubsBecomeAsync(1, 1);
    }

    [Fact]
    public async Task WhoDoesNotReadIsAbortedAfterTheCloseTimeoutAndEverythingIsReleased()
    {
        await using var rig = await Rig.StartAsync();
        var (slow, pusher) = (await rig.JoinAsync(), await rig.JoinAsync());
        await OverflowAsync(rig, pusher);
        await rig.HubsBecomeAsync(1, 1);
        Assert.Equal(2, rig.Registry.Count);
        rig.Time.Advance(TimeSpan.FromSeconds(6));
        await Rig.BecomesAsync(() => rig.Registry.Count == 1);
        Assert.False(await slow.ReceiveEndAsync());
        await pusher.SendTextAsync(Rig.Message("pool_say", 1));
        await Rig.AnswerAsync(pusher, 1);
    }

    private static async Task OverflowAsync(Rig rig, RawWebSocketClient pusher)
    {
        for (var i = 0; rig.Gateway.PushesOverflowed == 0; i++)
        {
            Assert.True(i < 1000, "The outbox has no bound.");
            await pusher.SendTextAsync(Rig.Message("big_push", i, Size.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            await Rig.AnswerAsync(pusher, i);
        }
    }
}
