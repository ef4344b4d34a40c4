using Relay.Abstractions;
using Relay.Core.Hubs;

namespace Relay.Core.Plugins;

/// <summary>The answers of a detached request.</summary>
internal sealed class RequestStream(PluginRequest request, IRequestOwner owner) : PluginStream, IRoomWaiter
{
    private readonly CancellationTokenSource _cancel = new();
    private long _progress = owner.Now.Ticks;
    private TaskCompletionSource? _room;

    public override CancellationToken Cancelled => _cancel.Token;

    public override async ValueTask<bool> WriteAsync(string topic, ReadOnlyMemory<byte> data = default)
    {
        while (!request.IsFinished && !request.Connection.HasRoom)
        {
            // Waiting for a slow reader is no idleness: the clock stands still meanwhile.
            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _room, room, null) is not null) throw new InvalidOperationException("One write at a time.");
            // Looked at again: whoever ended the request before it saw the waiter does not wake it.
            if (!request.IsFinished && request.Connection.WhenRoom(this)) await room.Task.ConfigureAwait(false);
            Volatile.Write(ref _room, null);
        }

        KeepAlive();
        return !request.IsFinished && request.TrySendPart(topic, data.Span);
    }

    public override bool End(string topic, ReadOnlySpan<byte> data = default) => request.Reply(topic, data);

    public override bool Fail(string code, string message, ReadOnlySpan<byte> data = default) => request.Fail(code, message, data);

    public override void KeepAlive() => Volatile.Write(ref _progress, owner.Now.Ticks);

    void IRoomWaiter.RoomAgain(IHubConnection connection) => Volatile.Read(ref _room)?.TrySetResult();

    internal TimeSpan LastProgress(TimeSpan now) => Volatile.Read(ref _room) is null ? new(Volatile.Read(ref _progress)) : now;

    /// <summary>Fires the token away from any turn, because what is registered on it is plugin code.</summary>
    internal void Cancel()
    {
        Volatile.Read(ref _room)?.TrySetResult();
        _ = _cancel.CancelAsync();
    }
}
