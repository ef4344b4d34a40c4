using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Relay.Core.Errors;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Pressure;

public sealed class ClosingTests
{
    [Fact]
    public async Task AClientsCloseIsEchoedAtOnceAlsoWhileItsMessagesAreUnderWay()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("hang_async", 1, "\"here\""));
        await rig.Stage.ArrivedAsync("here");
        await client.SendCloseAsync(3333, "enough");
        Assert.Equal(3333, (await client.ReceiveCloseAsync()).Code);
        Assert.True(await client.ReceiveEndAsync());
        await Rig.BecomesAsync(() => rig.Registry.Count == 0);
        await rig.HubsBecomeAsync(1, 0);
        Assert.Equal(1, rig.Gateway.Closed(CloseReason.Normal));
    }

    [Fact]
    public async Task TheEndOfAClientIsNoticedAlsoWhileItsDataIsNotTaken()
    {
        await using var rig = await Rig.StartAsync();
        var (client, other) = (await rig.JoinAsync(), await rig.JoinAsync());
        await client.SendRawAsync(Enumerable.Range(0, 150).SelectMany(i => Rig.Masked(Rig.Message("hang_async", i, "\"here\""))).ToArray());
        await rig.Stage.ArrivedAsync("here");
        await Rig.BecomesAsync(() => rig.Gateway.ReadingPauses > 0);
        await client.DisposeAsync();
        await Rig.BecomesAsync(() => rig.Registry.Count == 1);
        await rig.HubsBecomeAsync(1, 1);
        await other.SendTextAsync(Rig.Message("pool_say", 1));
        await Rig.AnswerAsync(other, 1);
    }

    [Theory]
    [InlineData(ErrorCode.GoingAway, 1001)]
    [InlineData(ErrorCode.SlowConsumer, 4408)]
    [InlineData(ErrorCode.TokenExpired, 4401)]
    [InlineData(ErrorCode.MissingUserId, 4401)]
    [InlineData(ErrorCode.TenantSuspended, 4403)]
    [InlineData(ErrorCode.MaxConnectionsReached, 4429)]
    [InlineData(ErrorCode.HubCreationFailed, 4500)]
    [InlineData(ErrorCode.MessageTooBig, 1009)]
    public async Task EveryCloseOfTheRelaysIsAnErrorFrameThenACloseFrameAndDrainsItsInput(ErrorCode error, int code)
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        rig.Registry.CloseAll(error);
        Assert.Equal(ErrorCatalogue.Of(error).Code, Rig.Error(await client.ReceiveJsonAsync("error")));
        var close = await client.ReceiveAsync();
        Assert.Equal((Opcode.Close, code), (close.Opcode, (close.Payload[0] << 8) | close.Payload[1]));

        // What was on its way is taken and thrown away, so that it cannot turn the goodbye into a reset.
        for (var i = 0; i < 200; i++) await client.SendTextAsync(Rig.Message("pool_say", i, $"\"{new string('x', 10_000)}\""));
        await client.SendFrameAsync(Opcode.Close, close.Payload);
        Assert.True(await client.ReceiveEndAsync());
        await Rig.BecomesAsync(() => rig.Registry.Count == 0);
        await rig.HubsBecomeAsync(1, 0);
        Assert.Empty(rig.Logs.Lines);
    }

    [Fact]
    public async Task NothingIsLeftOfConnectionsThatEndedInAnyWay()
    {
        const int rounds = 250;
        await using var rig = await Rig.StartAsync();
        var unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> count = (_, args) => Interlocked.Add(ref unobserved, args.Exception.InnerExceptions.Count(static error => error is IOException or ObjectDisposedException or NullReferenceException));
        TaskScheduler.UnobservedTaskException += count;
        var ways = new Func<RawWebSocketClient, Task>[]
        {
            static client => client.SendCloseAsync(1000),
            static client => Task.CompletedTask,
            client => ResetAsync(client, Rig.Masked(Rig.Message("pool_say", 1))[..20]),
            client => ResetAsync(client, Rig.Masked(Rig.Message("big_get", 1, "60000"))),
            static client =>
            {
                client.Socket.Shutdown(SocketShutdown.Send);
                return Task.CompletedTask;
            },
            static client => client.SendFrameAsync(Opcode.Text, "x"u8.ToArray(), rsv: 4),
            static client => client.SendFrameAsync(Opcode.Text, new byte[] { 0xFF }),
            static client => client.SendFrameAsync(Opcode.Text, new byte[70_000]),
        };
        for (var i = 0; i < rounds * ways.Length; i += 8)
        {
            await Task.WhenAll(Enumerable.Range(i, 8).Select(async n =>
            {
                await using var client = await RawWebSocketClient.ConnectAsync(rig.Server.Port, $"/ws?user_id=user{n % 50}");
                await client.ReceiveJsonAsync("welcome");
                await client.SendTextAsync(Rig.Message("inline_say", n));
                await ways[n % ways.Length](client);
            }));
            // Broken peers are let go of by the clock.
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await Rig.BecomesAsync(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(6));
            return rig.Registry.Count == 0;
        });
        await rig.HubsBecomeAsync(null, 0);
        Assert.Equal(rig.Gateway.Opened, Enum.GetValues<CloseReason>().Sum(rig.Gateway.Closed));
        Assert.Equal(0, rig.Runtime.TurnFaults);
        // The clock jumps while handlers run, and the watchdog takes that for blocking.
        Assert.DoesNotContain(rig.Logs.Lines, static line => !line.Contains("declares Inline", StringComparison.Ordinal));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= count;
        Assert.Equal(0, unobserved);
    }

    [Fact]
    public async Task AConnectionThatHasEndedCanBeCollected()
    {
        await using var rig = await Rig.StartAsync();
        var held = await OneConnection(rig);
        // Threads and the server keep what they touched last; other connections take that place.
        for (var i = 0; i < 5; i++) await OneConnection(rig);
        await Rig.BecomesAsync(() =>
        {
            GC.Collect();
            return !held.IsAlive;
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> OneConnection(Rig rig)
    {
        await using var client = await RawWebSocketClient.ConnectAsync(rig.Server.Port, "/ws?user_id=alice");
        await client.ReceiveJsonAsync("welcome");
        await client.SendTextAsync(Rig.Message("inline_say", 1));
        await client.SendTextAsync(Rig.Message("pool_say", 2));
        await Rig.AnswerAsync(client, 2);
        var held = new WeakReference(rig.Registry.Snapshot().Single());
        await client.SendCloseAsync(1000);
        await client.ReceiveEndAsync();
        await Rig.BecomesAsync(() => rig.Registry.Count == 0);
        return held;
    }

    private static async Task ResetAsync(RawWebSocketClient client, byte[] last)
    {
        await client.SendRawAsync(last);
        client.Socket.LingerState = new LingerOption(true, 0);
        client.Socket.Close();
    }
}
