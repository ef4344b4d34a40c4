using Relay.Core.Nodes;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>A reader at another gateway. What is under way to it, and has not reached its socket, is bounded.</summary>
internal sealed class FarSink(INodeCaller caller) : ICallSink, INodeCall
{
    /// <summary>Tells the reader's gateway which node has the stream.</summary>
    public const string NodeHeader = "x-relay-node";

    private const int WindowBytes = 256 * 1024;

    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private int _underWay;

    /// <summary>The reader has left.</summary>
    public CancellationToken Gone => _gone.Token;

    public void Passed(int bytes)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _underWay -= bytes;
            if (_underWay < WindowBytes) (room, _room) = (_room, null);
        }

        room?.TrySetResult();
    }

    // Not on the trunk's time: whoever reads on behalf of this one goes on by it.
    public void Cancel() => ThreadPool.UnsafeQueueUserWorkItem(static gone => gone.Cancel(), _gone, preferLocal: false);

    /// <summary>What was asked for was that the stream ends.</summary>
    public ValueTask StoppedAsync()
    {
        caller.Answer(this, new(StatusCodes.Status204NoContent, []));
        return EndAsync();
    }

    public ValueTask RefuseAsync(CallError error)
    {
        caller.Fail(this, CallFailure.NodeFailed, StreamRequest.Show(error));
        return default;
    }

    public ValueTask BeginAsync(CallHead head, string nodeId, long? length)
    {
        caller.Answer(this, head with { Headers = [.. head.Headers, .. HttpSink.IsPlain(nodeId) ? [new(NodeHeader, nodeId)] : (KeyValuePair<string, string>[])[]] });
        return default;
    }

    public void Write(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate) _underWay += bytes.Length;
        caller.Take(this, bytes);
    }

    public async ValueTask<bool> FlushAsync()
    {
        Task room;
        lock (_gate)
        {
            if (_underWay < WindowBytes) return !Gone.IsCancellationRequested;
            room = (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await room.WaitAsync(Gone);
        return true;
    }

    public ValueTask EndAsync()
    {
        caller.End(this);
        return default;
    }

    // Between gateways a failure without a word is a loss.
    public void Abort() => caller.Fail(this, CallFailure.NodeFailed, "{}");
}
