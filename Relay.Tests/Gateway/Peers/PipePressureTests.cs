using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Peers;

/// <summary>Pipes whose ends do not keep up, or are not there any more.</summary>
public sealed class PipePressureTests
{
    private const int Frames = 512;
    private const int FrameBytes = 64 * 1024;

    [Fact]
    public async Task AReaderThatStopsStopsTheWriterAndLosesNothing()
    {
        await using var relay = await RelayServer.StartAsync();
        var counters = relay.Services.GetRequiredService<GatewayCounters>();
        var (one, other) = await relay.PairAsync();
        var bystander = await relay.MeetAsync("bystander");
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sending = Task.Run(async () =>
        {
            var random = new Random(5);
            var payload = new byte[FrameBytes];
            for (var i = 0; i < Frames; i++)
            {
                random.NextBytes(payload);
                sent.AppendData(payload);
                await one.SendFrameAsync(Opcode.Binary, payload);
            }
        });

        // Until the relay has stopped taking what the writer sends. What goes on elsewhere is not held up by it.
        while (counters.ReadingPauses == 0) await bystander.ExpectNothingAsync();
        Assert.False(sending.IsCompleted);
        Assert.InRange(counters.BytesReceived, 1, Frames * (long)FrameBytes / 2);

        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < Frames; i++) received.AppendData((await other.ReceiveAsync()).Payload);
        await sending;
        Assert.Equal(sent.GetHashAndReset(), received.GetHashAndReset());
    }

    [Fact]
    public async Task APeerThatAnswersNoPingIsFoundAndItsPartnerIsTold()
    {
        var time = new ManualTime();
        await using var relay = await RelayServer.StartAsync(time: time);
        var (dead, alive) = await relay.PairAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(new RelayServerOptions().PingInterval);
        foreach (var end in (RawWebSocketClient[])[dead, alive]) Assert.Equal(Opcode.Ping, (await end.ReceiveAsync()).Opcode);
        await alive.SendFrameAsync(Opcode.Pong, Array.Empty<byte>());
        await alive.ExpectNothingAsync();
        time.Advance(new RelayServerOptions().PingTimeout + TimeSpan.FromSeconds(1));
        await alive.ExpectCloseAsync(CloseCodes.NoStatus, "");
        Assert.False(await dead.ReceiveEndAsync());
        Assert.Equal(1, relay.Services.GetRequiredService<GatewayCounters>().DeadPeers);
    }
}
