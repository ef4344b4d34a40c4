using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Relay.Benchmarks.Drain;

/// <summary>What clients send.</summary>
/// <param name="Type">The type of a request.</param>
/// <param name="WriteEvery">Of so many requests of a client one writes its session instead; 0 for none.</param>
internal sealed record DrainTalk(string Type, int WriteEvery = 0);

/// <summary>A client that asks when it is told to, answered or not, and goes to its next relay when it is told to go: at once, because the relay does the spreading.</summary>
internal sealed class DrainClient(int number, string[] relays, DrainTally tally, DrainTalk talk)
{
    private readonly byte[] _buffer = new byte[4096];
    private readonly Channel<DrainAsk> _due = Channel.CreateUnbounded<DrainAsk>();
    private readonly ConcurrentDictionary<int, DrainAsk> _asked = new();
    private int _asks;

    public int Number => number;

    /// <summary>When it was told to go.</summary>
    public long? Told { get; private set; }

    /// <summary>When it was welcome at the other relay.</summary>
    public long? Back { get; private set; }

    /// <summary>A request, to be sent as soon as the client can. One caller at a time.</summary>
    public void Ask(long due)
    {
        tally.CountAsked();
        var ask = ++_asks;
        _due.Writer.TryWrite(new(ask, due, talk.WriteEvery > 0 && ask % talk.WriteEvery == 0));
    }

    public async Task RunAsync(Action joined, CancellationToken stop)
    {
        for (var relay = 0; relay < relays.Length; relay++)
        {
            using var socket = await JoinAsync(relays[relay], stop);
            if (relay == 0) joined();
            else Back = Stopwatch.GetTimestamp();
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var asking = AskAsync(socket, gone.Token);
            while (await NextAsync(socket, stop) is { } text) Take(text, relay);
            var told = Stopwatch.GetTimestamp();
            await gone.CancelAsync();
            await asking;
            // What was asked elsewhere, or while the connection broke, has no outcome.
            if (stop.IsCancellationRequested || socket.CloseStatus != WebSocketCloseStatus.EndpointUnavailable) return;
            Told = told;
            await SayGoodbyeAsync(socket);
        }
    }

    // What the relay before this one closed upon was not taken there.
    private async Task AskAsync(ClientWebSocket socket, CancellationToken gone)
    {
        try
        {
            foreach (var (_, ask) in _asked.OrderBy(static ask => ask.Key))
            {
                tally.CountAgain();
                await SendAsync(socket, ask);
            }

            await foreach (var ask in _due.Reader.ReadAllAsync(gone))
            {
                _asked[ask.Number] = ask;
                await SendAsync(socket, ask);
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // The relay has closed meanwhile; what it said is read by the other side.
        }
    }

    private ValueTask SendAsync(ClientWebSocket socket, DrainAsk ask)
    {
        var (type, data) = ask.IsWrite ? ("session_set_state", $$"""{"state":{{ask.Number}}}""") : (talk.Type, $"[{number}]");
        var text = $$"""{"type":"{{type}}","request_id":{{ask.Number}},"data":{{data}}}""";
        return socket.SendAsync(Encoding.UTF8.GetBytes(text).AsMemory(), WebSocketMessageType.Text, true, CancellationToken.None);
    }

    private void Take(string text, int relay)
    {
        using var message = JsonDocument.Parse(text);
        if (!message.RootElement.TryGetProperty("request_id", out var id)) return;
        if (!_asked.TryRemove(id.GetInt32(), out var ask))
        {
            tally.CountTwice();
            return;
        }

        var type = message.RootElement.GetProperty("type").GetString()!;
        var isError = type == "error";
        tally.Count(new(ask.Due, Stopwatch.GetTimestamp(), isError ? message.RootElement.GetProperty("error").GetString()! : type, isError, relay));
    }

    private async Task<ClientWebSocket> JoinAsync(string relay, CancellationToken stop)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(new Uri($"{relay.Replace("http", "ws", StringComparison.Ordinal)}/ws?user_id=u{number.ToString(CultureInfo.InvariantCulture)}"), stop);
        var first = await NextAsync(socket, stop);
        return first is not null && first.Contains("\"welcome\"", StringComparison.Ordinal) ? socket : throw new InvalidOperationException($"not welcome: {first}");
    }

    // A relay that has ended meanwhile has done so with all that it was to say.
    private static async Task SayGoodbyeAsync(ClientWebSocket socket)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // Nobody reads it any more.
        }
    }

    // A frame's text, null at the end of the connection, in whatever way it came.
    private async Task<string?> NextAsync(ClientWebSocket socket, CancellationToken stop)
    {
        try
        {
            var length = 0;
            while (true)
            {
                var got = await socket.ReceiveAsync(_buffer.AsMemory(length), stop);
                if (got.MessageType == WebSocketMessageType.Close) return null;
                length += got.Count;
                if (got.EndOfMessage) return Encoding.UTF8.GetString(_buffer, 0, length);
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
