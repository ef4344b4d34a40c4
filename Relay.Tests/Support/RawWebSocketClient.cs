using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Relay.WebSockets;

namespace Relay.Tests.Support;

/// <summary>A frame as it came from the server.</summary>
internal readonly record struct ServerFrame(Opcode Opcode, byte[] Payload, bool Fin = true)
{
    public string Text => Encoding.UTF8.GetString(Payload);
}

/// <summary>A close frame as it came from the server; code 1005 when it carried none.</summary>
internal readonly record struct ServerClose(int Code, string Reason);

/// <summary>
/// A WebSocket client that does exactly what a test says, right or wrong, over a TCP socket of its own. Every wait has one generous
/// upper bound. Answers no pings and no closes by itself.
/// </summary>
internal sealed class RawWebSocketClient : IAsyncDisposable
{
    private const uint MaskKey = 0x5AC3_917E;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TcpClient _tcp;
    private readonly BufferedStream _input;

    private RawWebSocketClient(TcpClient tcp)
    {
        _tcp = tcp;
        _input = new BufferedStream(tcp.GetStream(), 16384);
    }

    /// <summary>The status of the answer to the upgrade: 101, or the refusal's.</summary>
    public int Status { get; private set; }

    /// <summary>The headers of the answer to the upgrade.</summary>
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Socket Socket => _tcp.Client;

    /// <summary>Whether the server may send fragments: only a pipe does, when the other end has sent them.</summary>
    public bool TakesFragments { get; set; }

    /// <summary>Connects and fails unless the server upgrades. The target goes on the wire as it is given.</summary>
    public static async Task<RawWebSocketClient> ConnectAsync(int port, string target, params (string Name, string Value)[] headers)
    {
        var client = await TryConnectAsync(port, target, headers);
        if (client.Status == 101) return client;
        await client.DisposeAsync();
        throw new InvalidOperationException($"{target} was answered {client.Status}, not upgraded.");
    }

    /// <summary>Connects and gives the client whatever the server answered; see <see cref="Status"/>.</summary>
    public static async Task<RawWebSocketClient> TryConnectAsync(int port, string target, params (string Name, string Value)[] headers)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Bound);
        var client = new RawWebSocketClient(tcp);
        var request = new StringBuilder($"GET {target} HTTP/1.1\r\n");
        foreach (var (name, value) in Upgrade(port).Where(own => !headers.Any(given => IsSame(given.Name, own.Name))).Concat(headers))
            request.Append(name).Append(": ").Append(value).Append("\r\n");
        await client.SendRawAsync(Encoding.UTF8.GetBytes(request.Append("\r\n").ToString()));
        await client.ReadAnswerAsync().WaitAsync(Bound);
        return client;
    }

    public Task SendTextAsync(string text) => SendFrameAsync(Opcode.Text, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends one frame; any opcode, reserved bits (0 to 7) and shape.</summary>
    public Task SendFrameAsync(Opcode opcode, ReadOnlyMemory<byte> payload, bool fin = true, int rsv = 0, bool mask = true) =>
        SendRawAsync(Frame(opcode, payload.Span, fin, rsv, mask));

    public Task SendCloseAsync(int code, string reason = "")
    {
        var payload = new byte[FrameHeader.MaxControlPayload];
        return SendFrameAsync(Opcode.Close, payload.AsMemory(0, FrameWriter.WriteClosePayload(payload, code, reason)));
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes) => await _tcp.GetStream().WriteAsync(bytes).AsTask().WaitAsync(Bound);

    /// <summary>The bytes of one frame, to be put together with others and sent in one piece.</summary>
    public static byte[] Frame(Opcode opcode, ReadOnlySpan<byte> payload, bool fin = true, int rsv = 0, bool mask = true)
    {
        var bytes = new byte[FrameHeader.MaxBytes + payload.Length];
        int size;
        if (mask)
        {
            size = FrameWriter.WriteMasked(bytes, opcode, payload, MaskKey, fin);
        }
        else
        {
            var header = FrameWriter.WriteHeader(bytes, opcode, payload.Length, fin);
            payload.CopyTo(bytes.AsSpan(header));
            size = header + payload.Length;
        }

        bytes[0] |= (byte)(rsv << 4);
        return bytes[..size];
    }

    /// <summary>The next frame of any kind. Throws <see cref="EndOfStreamException"/> when the server closed, <see cref="IOException"/> when it reset.</summary>
    public Task<ServerFrame> ReceiveAsync() => ReceiveFrameAsync().WaitAsync(Bound);

    /// <summary>Reads over everything up to the close frame and gives it.</summary>
    public async Task<ServerClose> ReceiveCloseAsync()
    {
        while (true)
        {
            var frame = await ReceiveAsync();
            if (frame.Opcode != Opcode.Close) continue;
            var payload = frame.Payload;
            return payload.Length < 2
                ? new ServerClose(CloseCodes.NoStatus, "")
                : new ServerClose(BinaryPrimitives.ReadUInt16BigEndian(payload), Encoding.UTF8.GetString(payload.AsSpan(2)));
        }
    }

    /// <summary>The next JSON text that fits, over everything else; fails when the server closes first.</summary>
    public async Task<JsonElement> ReceiveJsonAsync(Func<JsonElement, bool>? fits = null)
    {
        while (true)
        {
            var frame = await ReceiveAsync();
            if (frame.Opcode == Opcode.Close) throw new InvalidOperationException($"Closed while waiting for JSON: {Convert.ToHexString(frame.Payload)}.");
            if (frame.Opcode != Opcode.Text) continue;
            using var document = JsonDocument.Parse(frame.Payload);
            if (fits is null || fits(document.RootElement)) return document.RootElement.Clone();
        }
    }

    /// <summary>The next JSON text with this <c>type</c>.</summary>
    public Task<JsonElement> ReceiveJsonAsync(string type) =>
        ReceiveJsonAsync(json => json.TryGetProperty("type", out var found) && found.ValueEquals(type));

    /// <summary>Reads over everything up to the end of the stream. True: a clean end. False: a reset.</summary>
    public async Task<bool> ReceiveEndAsync()
    {
        try
        {
            while (await _input.ReadAsync(new byte[4096]).AsTask().WaitAsync(Bound) > 0) { }
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // First, because a read that waits would hold the buffer.
        _tcp.Dispose();
        await _input.DisposeAsync();
    }

    private static IEnumerable<(string Name, string Value)> Upgrade(int port) =>
    [
        ("Host", $"127.0.0.1:{port}"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    private static bool IsSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private async Task ReadAnswerAsync()
    {
        var status = await ReadLineAsync();
        Status = int.Parse(status.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        for (var line = await ReadLineAsync(); line.Length > 0; line = await ReadLineAsync())
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            Headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            await _input.ReadExactlyAsync(one);
            if (one[0] == '\n') return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }
    }

    private async Task<ServerFrame> ReceiveFrameAsync()
    {
        var start = new byte[2];
        await _input.ReadExactlyAsync(start);
        Assert.True((start[0] & 0x70) == 0 && (start[1] & 0x80) == 0, "The server set a reserved bit or masked a frame.");
        Assert.True(TakesFragments || (start[0] & 0x80) != 0, "The server sent a fragment.");
        long length = start[1];
        if (length >= 126)
        {
            var extended = new byte[length == 126 ? 2 : 8];
            await _input.ReadExactlyAsync(extended);
            length = extended.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(extended) : BinaryPrimitives.ReadInt64BigEndian(extended);
        }

        var payload = new byte[length];
        await _input.ReadExactlyAsync(payload);
        return new ServerFrame((Opcode)(start[0] & 0x0F), payload, (start[0] & 0x80) != 0);
    }
}
