using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A client as an application has one, over .NET's WebSocket. It keeps every request that it has made.</summary>
internal sealed class ClusterClient : IAsyncDisposable
{
    private static long _numbers;

    private readonly ClientWebSocket _socket = new();
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>();
    private readonly ConcurrentDictionary<long, Request> _requests = new();
    private readonly ConcurrentDictionary<long, JsonElement> _answers = new();
    private readonly TaskCompletionSource<string?> _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private (long After, TaskCompletionSource Done)? _next;
    private bool _isBroken;

    private ClusterClient(string user) => User = user;

    public string User { get; }

    /// <summary>The connection's id, as hubs list it.</summary>
    public string ConnectionId { get; private set; } = "";

    /// <summary>Every request, in the order in which they were sent.</summary>
    public IEnumerable<Request> Requests => _requests.Values.OrderBy(static request => request.Number);

    /// <summary>Answers to requests that were never made, and statuses that no plugin should have.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Ends when the socket does.</summary>
    public Task Closed => _closed.Task;

    /// <summary>With which code the gateway closed; null when the socket just ended.</summary>
    public int? CloseCode { get; private set; }

    /// <summary>The number of the last request of any client.</summary>
    public static long LastNumber => Interlocked.Read(ref _numbers);

    /// <summary>Joins, and fails when it is not welcomed.</summary>
    public static async Task<ClusterClient> JoinAsync(NodeProcess gateway, string user)
    {
        var (client, error) = await TryJoinAsync(gateway, user);
        Assert.True(client is not null, $"{user} was refused: {error}");
        return client;
    }

    /// <summary>Joins.</summary>
    /// <returns>The client, or why it was refused; a <see cref="WebSocketException"/>'s message when nothing was there to refuse it.</returns>
    public static async Task<(ClusterClient? Client, string? Error)> TryJoinAsync(NodeProcess gateway, string user)
    {
        var client = new ClusterClient(user);
        try
        {
            await client._socket.ConnectAsync(new($"ws://127.0.0.1:{gateway.Port}/ws?user_id={user}"), CancellationToken.None).WaitAsync(Journal.Patience);
        }
        catch (WebSocketException error)
        {
            client._socket.Dispose();
            return (null, error.Message);
        }

        _ = client.ReceiveAsync();
        _ = client.SendAsync();
        var refusal = await client._welcomed.Task.WaitAsync(Journal.Patience);
        if (refusal is null) return (client, null);
        await client.DisposeAsync();
        return (null, refusal);
    }

    /// <summary>Joins, and comes back as long as there is no hub: on a machine that is busy with builds the user's place may be without one for longer than a join is tried.</summary>
    public static async Task<(ClusterClient? Client, string? Error)> ComeAsync(NodeProcess gateway, string user)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var join = await TryJoinAsync(gateway, user);
            if (join.Error != "hub_creation_failed" || TimeProvider.System.GetElapsedTime(began) > Journal.Patience) return join;
        }
    }

    /// <summary>Sends <c>run_once</c>, of which the ledger knows whether it ran.</summary>
    public Request Run() => Send("run_once", static number => number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes its own number into the session that all tests write.</summary>
    public Request Write(long? expectedVersion = null) => Write(static number => number.ToString(CultureInfo.InvariantCulture), expectedVersion);

    /// <summary>Writes a state.</summary>
    public Request Write(Func<long, string> state, long? expectedVersion) => Send(
        "session_set_state",
        number => $$"""{"state":{{state(number)}},"expected_version":{{expectedVersion?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}""");

    /// <summary>Reads the session's state.</summary>
    public Task<(string Outcome, JsonElement Data)> ReadAsync() => AskAsync("session_get_state");

    /// <summary>Sends a request.</summary>
    public Request Send(string type, Func<long, string>? data = null)
    {
        var number = Interlocked.Increment(ref _numbers);
        var request = new Request(number, type, this);
        lock (_gate)
        {
            _requests[number] = request;
            if (_isBroken) request.Break();
            else _outgoing.Writer.TryWrite(Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","request_id":{{number}},"data":{{data?.Invoke(number) ?? "null"}}}"""));
        }

        return request;
    }

    /// <summary>Sends a request and awaits its outcome.</summary>
    public async Task<(string Outcome, JsonElement Data)> AskAsync(string type, Func<long, string>? data = null)
    {
        var request = Send(type, data);
        var outcome = await request.Outcome.WaitAsync(Journal.Patience);
        return (outcome, _answers.GetValueOrDefault(request.Number));
    }

    /// <summary>Ends when a request that is made from now on has been done.</summary>
    public Task NextDoneAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _next = (LastNumber, done);
        return done.Task.WaitAsync(Journal.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        _socket.Abort();
        await Closed.WaitAsync(Journal.Patience);
        _socket.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync()) await _socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The receiving side tells.
        }
    }

    private async Task ReceiveAsync()
    {
        var (buffer, length) = (new byte[1 << 17], 0);
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    CloseCode = (int?)_socket.CloseStatus;
                    break;
                }

                length += part.Count;
                if (!part.EndOfMessage) continue;
                using var message = JsonDocument.Parse(buffer.AsMemory(0, length));
                Received(message.RootElement);
                length = 0;
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Broken.
        }

        _socket.Abort();
        lock (_gate) _isBroken = true;
        foreach (var (_, request) in _requests) request.Break();
        _welcomed.TrySetResult("closed");
        _closed.TrySetResult();
    }

    private void Received(JsonElement message)
    {
        var type = message.GetProperty("type").GetString()!;
        var outcome = type == "error" ? message.GetProperty("error").GetString()! : type;
        if (message.TryGetProperty("request_id", out var id)) Answered(id.GetInt64(), outcome, message);
        else if (type == "error") _welcomed.TrySetResult(outcome);
        else if (type == "plugin_status" && message.GetProperty("status").ValueEquals("failed")) Faults.Enqueue(message.GetRawText());
        else if (type == "welcome") Welcomed(message);
    }

    private void Welcomed(JsonElement message)
    {
        ConnectionId = message.GetProperty("connection_id").GetString()!;
        if (!_welcomed.TrySetResult(null)) Faults.Enqueue("A second welcome.");
    }

    private void Answered(long number, string outcome, JsonElement message)
    {
        if (!_requests.TryGetValue(number, out var request))
        {
            Faults.Enqueue($"Nobody asked: {message.GetRawText()}");
            return;
        }

        var hasData = message.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object;
        if (hasData) _answers[number] = data.Clone();
        request.Answer(outcome, hasData && data.TryGetProperty("version", out var version) ? version.GetInt64() : 0);
        lock (_gate)
        {
            if (!request.IsDone || _next is not { } next || number <= next.After) return;
            next.Done.TrySetResult();
            _next = null;
        }
    }
}
