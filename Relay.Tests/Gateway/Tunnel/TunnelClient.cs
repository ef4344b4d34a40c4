using System.Text;
using Relay.Core.Tunnel;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Tunnel;

/// <summary>A frame with its data, as it came from the relay.</summary>
internal sealed record RelayFrame(TunnelFrameType Type, uint Stream, ulong Number, string? Text, byte[] Data);

/// <summary>A socket of <c>relay.tunnel.v2</c> that does exactly what a test says.</summary>
internal sealed class TunnelClient(RawWebSocketClient socket)
{
    private readonly TunnelFrameReader _reader = new();

    public RawWebSocketClient Socket => socket;

    public static async Task<TunnelClient> ConnectAsync(RelayServer relay, string path = "/tunnel")
    {
        var socket = await relay.ConnectAsync(path, ("Sec-WebSocket-Protocol", "other, " + TunnelFrames.Subprotocol));
        Assert.Equal(TunnelFrames.Subprotocol, socket.Headers["Sec-WebSocket-Protocol"]);
        return new(socket);
    }

    public Task SendAsync(TunnelFrameType type, uint stream, params byte[] body)
    {
        var header = new byte[TunnelFrames.HeaderSize];
        TunnelFrames.WriteHeader(header, type, stream);
        return socket.SendFrameAsync(Opcode.Binary, (byte[])[.. header, .. body]);
    }

    public Task OpenAsync(uint stream, string target, uint credit = 0) => SendAsync(TunnelFrameType.Open, stream, [.. Number(credit), .. Encoding.ASCII.GetBytes(target)]);

    public Task CreditAsync(uint stream, uint credit) => SendAsync(TunnelFrameType.Credit, stream, Number(credit));

    public async Task<RelayFrame> ReceiveAsync()
    {
        while (true)
        {
            var message = await socket.ReceiveAsync();
            if (message.Opcode is Opcode.Ping or Opcode.Pong) continue;
            Assert.True(message.Opcode == Opcode.Binary, $"{message.Opcode} {Convert.ToHexString(message.Payload)}");
            Assert.True(_reader.TryRead(message.Payload, true, out var frame, out var fault), fault);
            return new(frame.Type, frame.Stream, frame.Number, frame.Text, frame.Data.ToArray());
        }
    }

    /// <summary>The next frame that is no credit.</summary>
    public async Task<RelayFrame> ReceiveAsync(TunnelFrameType type, uint stream)
    {
        RelayFrame frame;
        do frame = await ReceiveAsync();
        while (frame.Type == TunnelFrameType.Credit && type != TunnelFrameType.Credit);
        Assert.Equal((type, stream), (frame.Type, frame.Stream));
        return frame;
    }

    /// <summary>The next frame, of whatever stream.</summary>
    public async Task<RelayFrame> ReceiveAsync(TunnelFrameType type)
    {
        var frame = await ReceiveAsync();
        Assert.Equal(type, frame.Type);
        return frame;
    }

    public async Task<byte[]> ReceiveDataAsync(uint stream, int count)
    {
        var all = new MemoryStream();
        while (all.Length < count) all.Write((await ReceiveAsync(TunnelFrameType.Data, stream)).Data);
        Assert.Equal(count, all.Length);
        return all.ToArray();
    }

    private static byte[] Number(uint number)
    {
        var bytes = new byte[sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
