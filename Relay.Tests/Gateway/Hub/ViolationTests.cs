using System.Net.Sockets;
using Relay.Core.Errors;
using Relay.Tests.Gateway.WebSockets;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>RFC 6455 from outside: what breaks it is closed with the right code, at once, and hurts nobody else.</summary>
public sealed class ViolationTests(HubServer server) : IClassFixture<HubServer>
{
    private static readonly Dictionary<int, string> Reasons = new()
    {
        [CloseCodes.ProtocolError] = "protocol_error",
        [CloseCodes.InvalidPayload] = "invalid_utf8",
        [CloseCodes.MessageTooBig] = "message_too_big",
    };

    public static TheoryData<string> Violations =>
        new(Rfc6455Cases.All.Where(each => each.Value.Outcome is [.., var last] && last.StartsWith("violation", StringComparison.Ordinal)).Select(each => each.Key));

    public static TheoryData<int> ForbiddenCodes => new(0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535);

    [Theory]
    [Provokes(CloseReason.ProtocolError)]
    [Provokes(CloseReason.InvalidUtf8)]
    [MemberData(nameof(Violations))]
    public async Task EveryViolationIsClosedWithItsCode(string name)
    {
        var (bytes, outcome) = Rfc6455Cases.All[name];
        var (bystander, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendRawAsync(bytes);

        var code = int.Parse(outcome[^1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        await ExpectClosedAsync(client, code, Reasons[code]);
        await bystander.ExpectUsableAsync();
    }

    [Theory]
    [MemberData(nameof(ForbiddenCodes))]
    public async Task ACloseCodeThatMayNotBeSentIsAProtocolError(int code)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendRawAsync(Wire.Close(code));

        await ExpectClosedAsync(client, 1002, "protocol_error");
    }

    [Fact]
    public async Task WhatFollowsACloseFrameIsNotHandled()
    {
        var user = Guid.NewGuid().ToString();
        var (witness, _) = await server.Relay.JoinAsync(user);
        var (client, _) = await server.Relay.JoinAsync(user);

        await client.SendRawAsync(Wire.Join(
            Wire.Text("""{"type":"echo_all","data":1}"""), Wire.Close(1000), Wire.Text("""{"type":"echo_all","data":2}""")));

        Assert.Equal(new ServerClose(1000, ""), await client.ReceiveCloseAsync());
        Assert.True(await client.ReceiveEndAsync());
        await witness.ExpectAsync("""{"type":"echo_said","data":1}""");
        await witness.SendTextAsync("""{"type":"echo_say","data":3}""");
        await witness.ExpectAsync("""{"type":"echo_said","data":3}""");
    }

    [Fact]
    public async Task WhatFollowsAViolationIsThrownAwayAndTheGoodbyeStillArrives()
    {
        var user = Guid.NewGuid().ToString();
        var (witness, _) = await server.Relay.JoinAsync(user);
        var (client, _) = await server.Relay.JoinAsync(user);

        // More than the socket's buffers would hold without a reader, so the server must go on reading.
        await client.SendRawAsync(Wire.Join(Wire.Frame((Opcode)3, []), Wire.Text("""{"type":"echo_all","data":2}""")));
        for (var i = 0; i < 64; i++) await client.SendRawAsync(new byte[65536]);

        await client.ExpectCloseAsync(1002, "protocol_error");
        await witness.SendTextAsync("""{"type":"echo_say","data":3}""");
        await witness.ExpectAsync("""{"type":"echo_said","data":3}""");
    }

    [Fact]
    public async Task APeerThatIsSilentAfterAViolationIsLetGoWithoutAReset()
    {
        var time = new ManualTime();
        await using var relay = await HubServer.StartAsync(time: time);
        var (client, _) = await relay.JoinAsync();
        await client.SendFrameAsync((Opcode)3, Array.Empty<byte>());
        Assert.Equal(new ServerClose(1002, "protocol_error"), await client.ReceiveCloseAsync());

        // A sweep that has heard something since the one before waits for another.
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await client.ReceiveEndAsync());
    }

    // Ends its own side, so that the server need not wait for silence.
    private static async Task ExpectClosedAsync(RawWebSocketClient client, int code, string reason)
    {
        Assert.Equal(new ServerClose(code, reason), await client.ReceiveCloseAsync());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.True(await client.ReceiveEndAsync(), "The server reset the connection.");
    }

    [Fact]
    public async Task ALengthThatIsOnlyAnnouncedCostsNothingAndHoldsNobody()
    {
        await using var relay = await HubServer.StartAsync(settings => settings with { Hub = settings.Hub with { MaxMessageBytes = 1 << 20, QueueBytes = 1 << 20 } });
        var (client, _) = await relay.JoinAsync();
        var (other, _) = await relay.JoinAsync();

        await client.SendRawAsync(Wire.Frame(Opcode.Binary, new byte[1 << 20])[..14]);

        await other.ExpectUsableAsync();
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.True(await client.ReceiveEndAsync());
        await other.ExpectUsableAsync();
    }
}
