using System.Globalization;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Pressure;

public sealed class PipelineTests
{
    private const int Messages = 10_000;

    [Theory]
    [InlineData("pool_")]
    [InlineData("inline_")]
    public async Task PipelinedMessagesComeBackInOrderWhileOthersHang(string prefix)
    {
        await using var rig = await Rig.StartAsync();
        var alice = await rig.JoinAsync("alice");
        var bob = await rig.JoinAsync("bob");
        var carol = await rig.JoinAsync("carol");
        await alice.SendTextAsync(Rig.Message("hang_async", -1, "\"alice\""));
        await bob.SendTextAsync(Rig.Message("hang_block", -1, "\"bob\""));
        for (var i = 0; i < 100; i++) await carol.SendTextAsync(Rig.Message("big_get", i, "60000"));
        await rig.Stage.ArrivedAsync("alice");
        await rig.Stage.ArrivedAsync("bob");

        var sending = SendAsync(alice, prefix);
        for (var i = 0; i < Messages; i++)
        {
            var answer = await alice.ReceiveJsonAsync(prefix + "said");
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), answer.GetProperty("request_id").GetString());
            Assert.Equal(i, answer.GetProperty("data").GetInt32());
        }

        await sending;
        await alice.SendTextAsync(Rig.Message(prefix + "say", Messages, "0"));
        Assert.Equal(prefix + "said", (await alice.ReceiveJsonAsync()).GetProperty("type").GetString());
        Assert.Equal(3, rig.Registry.Count);

        rig.Stage.OpenAll();
        Assert.Equal("hang_done", (await Rig.AnswerAsync(alice, -1)).GetProperty("type").GetString());
        Assert.Equal("hang_done", (await Rig.AnswerAsync(bob, -1)).GetProperty("type").GetString());
        for (var i = 0; i < 100; i++) Assert.Equal(60000 - 2, (await Rig.AnswerAsync(carol, i)).GetProperty("data").GetString()!.Length);
        Assert.Empty(rig.Logs.Lines);
    }

    // A few frames in one piece, as a busy client's socket sends them.
    private static async Task SendAsync(RawWebSocketClient client, string prefix)
    {
        foreach (var piece in Enumerable.Range(0, Messages).Chunk(64))
            await client.SendRawAsync(piece.SelectMany(i => Rig.Masked(Rig.Message(prefix + "say", i, i.ToString(CultureInfo.InvariantCulture)))).ToArray());
    }

    [Fact]
    public async Task AHandlerThatBlocksWhereTheOutboxWasFullHoldsUpNobodyElse()
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Hub = settings.Hub with { OutboxBytes = 5000 } });
        var clients = new List<RawWebSocketClient>();
        for (var i = 0; i < 8; i++)
        {
            // Each answer fills the outbox, so the last message, which blocks, runs because its answer has left.
            var client = await rig.JoinAsync("user " + i);
            clients.Add(client);
            await client.SendRawAsync(Enumerable.Range(0, 40).SelectMany(n => Rig.Masked(Rig.Message("big_get", n, "9000"))).Concat(Rig.Masked(Rig.Message("big_block", 40))).ToArray());
        }

        for (var i = 0; i < 8; i++) await rig.Stage.ArrivedAsync("big");
        foreach (var client in clients)
        {
            await client.SendTextAsync(Rig.Message("inline_say", 41));
            Assert.Equal("inline_said", (await Rig.AnswerAsync(client, 41)).GetProperty("type").GetString());
        }

        rig.Stage.Open("big");
        foreach (var client in clients) Assert.Equal("big_done", (await Rig.AnswerAsync(client, 40)).GetProperty("type").GetString());
    }
}
