using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Gateway.Connections;

namespace Relay.Gateway.Nodes;

/// <summary>Sends the bodies of a node's requests, a chunk of each in turn, as its socket and its credit allow.</summary>
internal sealed class BodyPump(Connection connection, int chunkBytes) : IRoomWaiter
{
    private readonly Lock _gate = new();
    private readonly Queue<OpenCall> _ready = new();
    private int _wanted;

    /// <summary>A call has a body to send, or has credit for more of it. Any thread.</summary>
    public void Add(OpenCall call)
    {
        if (!call.HasUnsent) return;
        lock (_gate)
            if (!_ready.Contains(call)) _ready.Enqueue(call);
        Run();
    }

    /// <summary>A call has ended, whatever there was to send of it.</summary>
    public void Remove(OpenCall call)
    {
        lock (_gate)
        {
            for (var i = _ready.Count; i > 0; i--)
                if (_ready.Dequeue() is var other && other != call) _ready.Enqueue(other);
        }
    }

    void IRoomWaiter.RoomAgain(IHubConnection connection) => Run();

    // Whoever finds it idle runs it; what others want meanwhile is another round.
    private void Run()
    {
        if (Interlocked.Increment(ref _wanted) != 1) return;
        do
        {
            var seen = Volatile.Read(ref _wanted);
            while (SendOne()) { }
            if (Interlocked.CompareExchange(ref _wanted, 0, seen) == seen) return;
            Interlocked.Exchange(ref _wanted, 1);
        }
        while (true);
    }

    private bool SendOne()
    {
        if (connection.IsClosed) return false;
        if (!connection.HasRoom) return !connection.WhenRoom(this);
        OpenCall? call;
        lock (_gate)
            if (!_ready.TryDequeue(out call)) return false;
        if (call.NextChunk(chunkBytes) is not { } frame) return true;
        connection.Answer(new Frame(frame, IsText: false), Credit.None);
        if (!call.HasUnsent) return true;
        lock (_gate) _ready.Enqueue(call);
        return true;
    }
}
