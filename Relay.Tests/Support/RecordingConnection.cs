using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Tests.Support;

/// <summary>A hub's connection that keeps what it is given. Any thread may call it, and the test may await its frames.</summary>
internal sealed class RecordingConnection(string id, string userId = "alice", string tenant = "default", params string[] scopes) : IHubConnection
{
    /// <summary>The upper bound of every wait: reached only when a test fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<IRoomWaiter> _waiters = [];
    private readonly List<string> _frames = [];
    private readonly Channel<string> _unread = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource<ErrorCode> _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _room = true;
    private bool _closed;
    private int _messages;
    private int _bytes;
    private int _keptOpen;

    public string Id => id;

    public UserIdentity Identity { get; } = new(tenant, userId) { Scopes = scopes.ToFrozenSet() };

    public bool IsClosed
    {
        get
        {
            lock (_gate) return _closed;
        }
    }

    public bool HasRoom
    {
        get
        {
            lock (_gate) return _room || _closed;
        }
    }

    /// <summary>Every frame so far, answers and pushes.</summary>
    public IReadOnlyList<string> Frames
    {
        get
        {
            lock (_gate) return [.. _frames];
        }
    }

    /// <summary>Credit that has come back.</summary>
    public Credit Returned
    {
        get
        {
            lock (_gate) return new(_messages, _bytes);
        }
    }

    /// <summary>Detached requests that have no terminal yet.</summary>
    public int KeptOpen => Volatile.Read(ref _keptOpen);

    /// <summary>The error that the relay closed the connection with.</summary>
    public Task<ErrorCode> Closing => _closing.Task.WaitAsync(Patience);

    /// <summary>Somebody waits for room.</summary>
    public Task Awaited => _awaited.Task.WaitAsync(Patience);

    public void Answer(Frame frame, Credit credit)
    {
        Return(credit);
        Push(frame);
    }

    public void Push(Frame frame)
    {
        lock (_gate)
        {
            if (_closed) return;
            var text = Encoding.UTF8.GetString(frame.Bytes);
            _frames.Add(text);
            _unread.Writer.TryWrite(text);
        }
    }

    public void Return(Credit credit)
    {
        lock (_gate) (_messages, _bytes) = (_messages + credit.Messages, _bytes + credit.Bytes);
    }

    public void KeepOpen(int by) => Interlocked.Add(ref _keptOpen, by);

    public void Close(ErrorCode error) => _closing.TrySetResult(error);

    public bool WhenRoom(IRoomWaiter waiter)
    {
        lock (_gate)
        {
            if (_room || _closed) return false;
            _waiters.Add(waiter);
            _awaited.TrySetResult();
            return true;
        }
    }

    /// <summary>Fills the outbox, as a client does that does not read.</summary>
    public void Fill()
    {
        lock (_gate) _room = false;
    }

    /// <summary>Empties the outbox and tells who waits.</summary>
    public void Drain() => Tell(() => _room = true);

    /// <summary>The socket is gone; leaving the hub is the caller's.</summary>
    public void Drop() => Tell(() => _closed = true);

    /// <summary>Waits for the next frame.</summary>
    public async Task<JsonElement> NextAsync() => JsonSerializer.Deserialize<JsonElement>(await _unread.Reader.ReadAsync().AsTask().WaitAsync(Patience));

    /// <summary>Waits for the next frame of a type, and passes over others.</summary>
    public async Task<JsonElement> NextAsync(string type)
    {
        while (true)
        {
            var frame = await NextAsync();
            if (frame.GetProperty("type").ValueEquals(type)) return frame;
        }
    }

    /// <summary>Waits for the next frame that answers a request.</summary>
    public async Task<JsonElement> AnswerAsync(string requestId)
    {
        while (true)
        {
            var frame = await NextAsync();
            if (frame.TryGetProperty("request_id", out var answered) && answered.ValueEquals(requestId)) return frame;
        }
    }

    private void Tell(Action change)
    {
        IRoomWaiter[] waiters;
        lock (_gate)
        {
            change();
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        foreach (var waiter in waiters) waiter.RoomAgain(this);
    }
}
