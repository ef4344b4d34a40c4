using System.Net.Sockets;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Pressure;

public sealed class CreditTests
{
    [Fact]
    public async Task WithoutCreditTheRelayStopsReadingAndTheClientsWritesStall()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("hang_async", 0, "\"here\""));
        await rig.Stage.ArrivedAsync("here");

        // More than all buffers on the way hold: the end of the writing waits for the plugin.
        var message = Rig.Masked(Rig.Message("hang_say", 1, $"\"{new string('x', 60_000)}\""));
        var sent = 0;
        client.Socket.Blocking = false;
        var writing = Task.Run(() =>
        {
            while (client.Socket.Send(message.AsSpan(0, message.Length), SocketFlags.None, out var error) is var count && error == SocketError.Success)
            {
                sent += count;
                if (count < message.Length) break;
            }
        });
        await writing.WaitAsync(Stage.Bound);
        await Rig.BecomesAsync(() => rig.Gateway.ReadingPauses > 0);
        Assert.InRange(rig.Gateway.BytesReceived, 60_000, 256 * 1024 + 70_000);
        Assert.True(sent > rig.Gateway.BytesReceived);
    }

    [Theory]
    [InlineData(3, 1_000_000)]
    [InlineData(1000, 1000)]
    public async Task CreditIsCountedInMessagesAndInBytes(int messages, int bytes)
    {
        await using var rig = await Rig.StartAsync(settings => Small(settings, messages, bytes));
        var client = await rig.JoinAsync();
        await client.SendRawAsync(Enumerable.Range(0, 50).SelectMany(i => Rig.Masked(Rig.Message("hang_async", i, "\"here\""))).ToArray());
        await rig.Stage.ArrivedAsync("here");
        await Rig.BecomesAsync(() => rig.Gateway.ReadingPauses > 0);
        var length = Rig.Message("hang_async", 10, "\"here\"").Length;
        Assert.InRange(rig.Gateway.MessagesReceived, 1, Math.Min(messages, bytes / (length - 1) + 1));
        rig.Stage.Open("here");
        for (var i = 0; i < 50; i++) await Rig.AnswerAsync(client, i);
    }

    [Fact]
    public async Task AMessageLargerThanTheByteCreditPassesWhenNothingElseIsUnderWay()
    {
        await using var rig = await Rig.StartAsync(settings => Small(settings, 10, 100));
        var client = await rig.JoinAsync();
        var text = new string('x', 50_000);
        for (var i = 0; i < 3; i++) await client.SendTextAsync(Rig.Message("pool_say", i, $"\"{text}\""));
        for (var i = 0; i < 3; i++) Assert.Equal(text, (await Rig.AnswerAsync(client, i)).GetProperty("data").GetString());
    }

    [Fact]
    public async Task AMessageWithoutAnswerGivesItsCreditBack()
    {
        await using var rig = await Rig.StartAsync(settings => Small(settings, 2, 1_000_000));
        var client = await rig.JoinAsync();
        for (var i = 0; i < 100; i++) await client.SendTextAsync("""{"type":"crash_silent"}""");
        for (var i = 0; i < 10; i++) await client.SendTextAsync("no json");
        await client.SendTextAsync(Rig.Message("pool_say", 1));
        await Rig.AnswerAsync(client, 1);
        Assert.Equal(111, rig.Gateway.MessagesReceived);
    }

    [Fact]
    public async Task AStreamWaitsForRoomAndGoesOnWhenTheClientReads()
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Hub = settings.Hub with { OutboxBytes = 100_000 } });
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("big_stream", 1, "60000"));
        await rig.Stage.ArrivedAsync("streaming");
        // The user's next message is handled while the stream waits for its reader.
        for (var i = 0; i < 20; i++) await rig.Stage.ArrivedAsync("part");
        var parts = 0;
        while ((await Rig.AnswerAsync(client, 1)).GetProperty("type").GetString() == "big_part") parts++;
        Assert.Equal(200, parts);
        await rig.Stage.ArrivedAsync("streamed");
    }

    [Fact]
    public async Task AStreamIsCancelledWhenItsConnectionCloses()
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Hub = settings.Hub with { OutboxBytes = 100_000 } });
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("big_stream", 1, "60000", session: "ever"));
        await rig.Stage.ArrivedAsync("streaming");
        await client.DisposeAsync();
        await rig.Stage.ArrivedAsync("cancelled");
        await rig.Stage.ArrivedAsync("streamed");
    }

    [Fact]
    public async Task AStreamThatSurvivesDisconnectGoesOn()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("big_stream", 1, "10", session: "survive"));
        await rig.Stage.ArrivedAsync("survivor");
        await client.SendCloseAsync(1000);
        await Rig.BecomesAsync(() => rig.Registry.Count == 0);
        await rig.HubsBecomeAsync(1, 0);
        rig.Stage.Open("survivor");
        await rig.Stage.ArrivedAsync("survived True");
        await rig.Stage.ArrivedAsync("streamed");
    }

    private static RelaySettings Small(RelaySettings settings, int messages, int bytes) =>
        settings with { Hub = settings.Hub with { QueueMultiplier = messages, QueueBytes = bytes } };
}
