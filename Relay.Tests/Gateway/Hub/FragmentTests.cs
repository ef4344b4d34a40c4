using System.Text;
using Relay.Tests.Gateway.WebSockets;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Messages in pieces, and control frames between the pieces.</summary>
public sealed class FragmentTests(HubServer server) : IClassFixture<HubServer>
{
    private const string Message = """{"type":"echo_say","request_id":"r1","data":"grüße €"}""";
    private const string Answer = """{"type":"echo_said","request_id":"r1","data":"grüße €"}""";

    [Fact]
    public async Task AMessageMayComeInFragmentsOfAnySize()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        var bytes = Encoding.UTF8.GetBytes(Message);

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            await client.SendRawAsync(Wire.Join(
                Wire.Frame(Opcode.Text, bytes[..cut], fin: false), Wire.Frame(Opcode.Continuation, [], fin: false), Wire.Frame(Opcode.Continuation, bytes[cut..])));
            await client.ExpectAsync(Answer);
        }
    }

    [Fact]
    public async Task AFrameMayBeSplitAtEveryByte()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        await client.ExpectUsableAsync();
        var frames = Wire.Join(Wire.Text(Message), Wire.Frame(Opcode.Ping, [1, 2, 3]));

        for (var cut = 1; cut < frames.Length; cut++)
        {
            await client.SendRawAsync(frames.AsMemory(0, cut));
            await client.SendRawAsync(frames.AsMemory(cut));
            await ExpectAnswerAndPongAsync(client, [1, 2, 3]);
        }
    }

    [Fact]
    public async Task EveryByteMayComeAlone()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.ExpectUsableAsync();

        foreach (var one in Wire.Join(Wire.Text(Message), Wire.Frame(Opcode.Ping, [7]))) await client.SendRawAsync(new[] { one });

        await ExpectAnswerAndPongAsync(client, [7]);
    }

    [Fact]
    public async Task PingsBetweenFragmentsAreAnsweredWithTheirPayload()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        var bytes = Encoding.UTF8.GetBytes(Message);
        byte[] longest = [.. Enumerable.Range(0, 125).Select(i => (byte)i)];

        await client.SendFrameAsync(Opcode.Text, bytes.AsMemory(0, 10), fin: false);
        foreach (var payload in new byte[][] { [], [0xFF], longest })
        {
            await client.SendFrameAsync(Opcode.Ping, payload);
            var pong = await client.ReceiveAsync();
            Assert.Equal(Opcode.Pong, pong.Opcode);
            Assert.Equal(payload, pong.Payload);
        }

        await client.SendFrameAsync(Opcode.Continuation, bytes.AsMemory(10));
        await client.ExpectAsync(Answer);
    }

    [Fact]
    public async Task PongsNobodyAskedForAreTakenInSilence()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendRawAsync(Wire.Join(Wire.Frame(Opcode.Pong, [9]), Wire.Frame(Opcode.Pong, []), Wire.Text(Message)));

        await client.ExpectAsync(Answer);
    }

    [Theory]
    [InlineData(65535, true)]
    [InlineData(65536, true)]
    [InlineData(65537, false)]
    public async Task TheLimitIsExactInOneFrame(int length, bool fits)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendRawAsync(Wire.Frame(Opcode.Text, MessageOf(length)));

        await ExpectAsync(client, fits);
    }

    [Theory]
    [InlineData(65535, 65534, true)]
    [InlineData(65536, 1, true)]
    [InlineData(65536, 65535, true)]
    [InlineData(65537, 65535, false)]
    [InlineData(65537, 65536, false)]
    public async Task TheLimitIsExactOverFragments(int length, int first, bool fits)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        var bytes = MessageOf(length);

        await client.SendRawAsync(Wire.Frame(Opcode.Text, bytes[..first], fin: false));
        // A fault shows in the second header already: nothing of its payload is needed.
        var rest = Wire.Frame(Opcode.Continuation, bytes[first..]);
        await client.SendRawAsync(fits ? rest : rest[..6]);

        await ExpectAsync(client, fits);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', 0xFF }, new byte[0])]
    [InlineData(new byte[] { (byte)'{', 0xE2, 0x82 }, new byte[] { (byte)'}' })]
    [InlineData(new byte[] { 0xC0 }, new byte[0])]
    [InlineData(new byte[] { (byte)'"', 0xED }, new byte[] { 0xA0 })]
    [InlineData(new byte[] { 0xF4 }, new byte[] { 0x90 })]
    public async Task BrokenTextIsClosedBeforeItsMessageIsComplete(byte[] first, byte[] second)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendFrameAsync(Opcode.Text, first, fin: false);
        if (second.Length > 0) await client.SendFrameAsync(Opcode.Continuation, second, fin: false);

        await client.ExpectCloseAsync(1007, "invalid_utf8");
    }

    [Fact]
    public async Task BrokenTextIsClosedBeforeItsFrameIsComplete()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendRawAsync(Wire.Frame(Opcode.Text, [(byte)'{', 0xFF, .. new byte[1000]])[..12]);

        await client.ExpectCloseAsync(1007, "invalid_utf8");
    }

    // A pong may overtake the answer to a message that came with its ping.
    private static async Task ExpectAnswerAndPongAsync(RawWebSocketClient client, byte[] payload)
    {
        var answers = new[] { await client.ReceiveAsync(), await client.ReceiveAsync() };
        Assert.Equal(Answer, Assert.Single(answers, frame => frame.Opcode == Opcode.Text).Text);
        Assert.Equal(payload, Assert.Single(answers, frame => frame.Opcode == Opcode.Pong).Payload);
    }

    private static byte[] MessageOf(int length)
    {
        const string Around = """{"type":"echo_say","data":""}""";
        return Encoding.UTF8.GetBytes(Around.Insert(Around.Length - 2, new string('x', length - Around.Length)));
    }

    private static async Task ExpectAsync(RawWebSocketClient client, bool fits)
    {
        if (fits) await client.ExpectUsableAsync();
        else await client.ExpectCloseAsync(1009, "message_too_big");
    }
}
