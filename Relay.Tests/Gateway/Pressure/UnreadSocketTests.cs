using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Relay.Tests.Gateway.Connections;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Pressure;

/// <summary>What the relay has flushed and the client has not read: it waits where the relay's own queues do not see it.</summary>
public sealed class UnreadSocketTests
{
    private const int Size = 64 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(31);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(21);

    [LinuxFact]
    public async Task AHealthyClientThatReadsSlowlyLivesThoughThePingIsFarBehind()
    {
        await using var rig = await Rig.StartAsync();
        var client = await FullAsync(rig);
        for (var i = 0; i < 10; i++)
        {
            await Rig.AnswerAsync(client, i);
            // Two answers are more than the client's own window: the kernel has had to send on.
            if (i % 2 == 1) rig.Time.Advance(TimeSpan.FromSeconds(15));
        }

        Assert.Equal((1, 0), (rig.Registry.Count, rig.Gateway.DeadPeers));
        while ((await client.ReceiveAsync()).Opcode != Opcode.Ping)
        {
        }

        await client.SendTextAsync(Rig.Message("pool_say", 99));
        await Rig.AnswerAsync(client, 99);
    }

    [LinuxFact]
    public async Task AClientThatTakesNothingOfWhatIsQueuedIsDead()
    {
        await using var rig = await Rig.StartAsync();
        await FullAsync(rig);
        await Rig.BecomesAsync(() =>
        {
            rig.Time.Advance(Timeout);
            return rig.Registry.Count == 0;
        });
        Assert.Equal(1, rig.Gateway.DeadPeers);
    }

    [Fact]
    public async Task AClientThatClosesAndNeverReadsIsLetGoOfAfterTheCloseTimeout()
    {
        // The server's own buffer takes all, so that the relay is done with the connection while most of it is still to be sent.
        await using var rig = await Rig.StartAsync(
            settings => settings with { Hub = settings.Hub with { OutboxBytes = 64 * 1024 * 1024 } },
            static services => services.Configure<SocketTransportOptions>(static sockets => sockets.MaxWriteBufferSize = 64 * 1024 * 1024));
        var (slow, pusher) = (await rig.JoinAsync(), await rig.JoinAsync());
        slow.Socket.ReceiveBufferSize = Size; // or the client's kernel might take it all
        for (var i = 0; i < 200; i++)
        {
            await pusher.SendTextAsync(Rig.Message("big_push", i, Size.ToString(CultureInfo.InvariantCulture)));
            await Rig.AnswerAsync(pusher, i);
        }

        await slow.SendCloseAsync(1000);
        await Rig.BecomesAsync(() => rig.Registry.Count == 1);
        rig.Time.Advance(TimeSpan.FromSeconds(6));

        // It would all come, and a clean end behind it, if the server still held it.
        Assert.False(await slow.ReceiveEndAsync());
        Assert.Equal((1, 0L), (rig.Registry.Count, rig.Gateway.PushesOverflowed));
    }

    // A client with a megabyte waiting for it in the relay's kernel, and a ping behind that.
    private static async Task<RawWebSocketClient> FullAsync(Rig rig)
    {
        var client = await rig.JoinAsync();
        client.Socket.ReceiveBufferSize = Size / 2;
        for (var i = 0; i < 16; i++) await client.SendTextAsync(Rig.Message("big_get", i, Size.ToString(CultureInfo.InvariantCulture)));
        await Rig.BecomesAsync(() => rig.Gateway.BytesSent > 16 * Size);
        await Rig.BecomesAsync(() =>
        {
            rig.Time.Advance(Interval);
            return rig.Gateway.Pings > 0;
        });
        return client;
    }
}
