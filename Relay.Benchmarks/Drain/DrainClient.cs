using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace Relay.Benchmarks.Drain;

/// <summary>What all clients have seen.</summary>
internal sealed class DrainTally
{
    private long _lost;
    private long _again;
    private long _unknown;
    private long _slowest;
    private int _answering;

    /// <summary>Requests that were answered, by the relay that did.</summary>
    public long[] Answered { get; } = new long[2];

    /// <summary>Requests that the relay closed upon without having taken them; they were sent again to the other one.</summary>
    public long Again => Interlocked.Read(ref _again);

    /// <summary>Requests without an outcome: the connection broke, or something else than the answer came.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Requests of which the relay said that it does not know what became of them.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>The longest that an answer took since this was read last.</summary>
    public TimeSpan TakeSlowest() => TimeSpan.FromTicks(Interlocked.Exchange(ref _slowest, 0));

    /// <summary>Clients of the second relay that have been answered there.</summary>
    public int Back => Volatile.Read(ref _answering);

    public void CountAgain() => Interlocked.Increment(ref _again);

    public void CountLost() => Interlocked.Increment(ref _lost);

    public void CountUnknown() => Interlocked.Increment(ref _unknown);

    public void CountAnswer(int relay, TimeSpan took)
    {
        Interlocked.Increment(ref Answered[relay]);
        long slowest;
        while (took.Ticks > (slowest = Interlocked.Read(ref _slowest)) && Interlocked.CompareExchange(ref _slowest, took.Ticks, slowest) != slowest)
        {
            // Another one was slower meanwhile, or not.
        }
    }

    public void CountBack() => Interlocked.Increment(ref _answering);
}

/// <summary>What clients send, and how it is answered.</summary>
/// <param name="Type">The type of a request.</param>
/// <param name="Answer">The type of its answer.</param>
/// <param name="Pause">How long a client waits after an answer, on the average.</param>
internal sealed record DrainTalk(string Type, string Answer, TimeSpan Pause);

/// <summary>A client that asks all the time, and goes to the other relay when it is told to go: at once, because the relay does the spreading.</summary>
internal sealed class DrainClient(int number, string[] relays, DrainTally tally, DrainTalk talk)
{
    private readonly byte[] _buffer = new byte[4096];
    private readonly Random _random = new(number);
    private int _requests;
    private bool _isAsked;

    /// <summary>When it was told to go.</summary>
    public long? Told { get; private set; }

    /// <summary>When it was welcome at the other relay.</summary>
    public long? Back { get; private set; }

    public async Task RunAsync(Action joined, CancellationToken stop)
    {
        for (var relay = 0; relay < relays.Length; relay++)
        {
            using var socket = await JoinAsync(relays[relay]);
            if (relay == 0) joined();
            else Back = Stopwatch.GetTimestamp();
            if (await AskAsync(socket, relay, stop) == WebSocketCloseStatus.EndpointUnavailable && relay == 0)
            {
                Told = Stopwatch.GetTimestamp();
                if (_isAsked) tally.CountAgain();
                await SayGoodbyeAsync(socket);
                continue;
            }

            if (_isAsked) tally.CountLost();
            return;
        }
    }

    // Until the relay closes; null when the connection broke, or the run is over.
    private async Task<WebSocketCloseStatus?> AskAsync(ClientWebSocket socket, int relay, CancellationToken stop)
    {
        var next = NextAsync(socket);
        var first = true;
        while (true)
        {
            if (!_isAsked)
            {
                await Task.WhenAny(next, Task.Delay(talk.Pause * (0.5 + _random.NextDouble()), stop));
                if (stop.IsCancellationRequested) return null;
                if (next.IsCompleted)
                {
                    // The end, or something that nobody asked for.
                    if (await next is null) return socket.CloseStatus;
                    next = NextAsync(socket);
                    continue;
                }

                _requests++;
                _isAsked = true;
            }

            await SendAsync(socket);
            var asked = Stopwatch.GetTimestamp();
            string? text;
            while ((text = await next) is not null && !text.Contains($"\"request_id\":\"{_requests}\"", StringComparison.Ordinal)) next = NextAsync(socket);
            if (text is null) return socket.CloseStatus;
            if (text.Contains($"\"{talk.Answer}\"", StringComparison.Ordinal)) tally.CountAnswer(relay, Stopwatch.GetElapsedTime(asked));
            else if (text.Contains("\"outcome_unknown\"", StringComparison.Ordinal)) tally.CountUnknown();
            else tally.CountLost();
            _isAsked = false;
            if (relay == 1 && first) tally.CountBack();
            first = false;
            next = NextAsync(socket);
        }
    }

    private async Task<ClientWebSocket> JoinAsync(string relay)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(new Uri($"{relay.Replace("http", "ws", StringComparison.Ordinal)}/ws?user_id=u{number.ToString(CultureInfo.InvariantCulture)}"), CancellationToken.None);
        return await NextAsync(socket) is { } welcome && welcome.Contains("\"welcome\"", StringComparison.Ordinal) ? socket : throw new InvalidOperationException("not welcome");
    }

    private async Task SendAsync(ClientWebSocket socket)
    {
        try
        {
            var text = $$"""{"type":"{{talk.Type}}","request_id":"{{_requests}}","data":[{{number}}]}""";
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The relay has closed meanwhile; what it said is read next.
        }
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
    private async Task<string?> NextAsync(ClientWebSocket socket)
    {
        try
        {
            var length = 0;
            while (true)
            {
                var got = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
                if (got.MessageType == WebSocketMessageType.Close) return null;
                length += got.Count;
                if (got.EndOfMessage) return Encoding.UTF8.GetString(_buffer, 0, length);
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }
}
