using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>A member's connection that keeps what it is given.</summary>
internal sealed class RoomProbe(string id, string userId = "") : IRoomConnection
{
    private readonly Channel<Frame> _unread = Channel.CreateUnbounded<Frame>();
    private readonly TaskCompletionSource<ErrorCode> _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _returned;

    public string Id => id;

    public UserIdentity Identity { get; } = new("default", userId);

    /// <summary>Messages whose credit has come back.</summary>
    public int Returned => Volatile.Read(ref _returned);

    /// <summary>The error that the relay closed the connection with.</summary>
    public Task<ErrorCode> Closing => _closing.Task.WaitAsync(RecordingConnection.Patience);

    public void Deliver(FrameBatch batch)
    {
        foreach (var frame in batch.Frames) Push(frame);
    }

    public void Push(Frame frame) => _unread.Writer.TryWrite(frame);

    public void Return(Credit credit) => Interlocked.Add(ref _returned, credit.Messages);

    public void Close(ErrorCode error) => _closing.TrySetResult(error);

    public async Task<Frame> NextFrameAsync() => await _unread.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    public async Task<string> NextAsync() => Encoding.UTF8.GetString((await NextFrameAsync()).Bytes);

    public async Task<JsonElement> NextEventAsync(string type)
    {
        var json = JsonSerializer.Deserialize<JsonElement>(await NextAsync());
        Assert.Equal(type, json.GetProperty("type").GetString());
        return json;
    }

    /// <summary>The next messages, in order.</summary>
    public async Task<List<string>> NextAsync(int count)
    {
        var texts = new List<string>();
        while (texts.Count < count) texts.Add(await NextAsync());
        return texts;
    }

    /// <summary>What has come and was not read.</summary>
    public List<string> Rest()
    {
        var texts = new List<string>();
        while (_unread.Reader.TryRead(out var frame)) texts.Add(Encoding.UTF8.GetString(frame.Bytes));
        return texts;
    }
}
