using Relay.Core.Nodes.Wire;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>A request that a node has: what both sides may still send of its two bodies.</summary>
internal sealed class OpenCall(NodeUse use, long id, INodeCaller caller, int windowBytes) : INodeCall
{
    private readonly Lock _gate = new();
    private readonly NodeBodyReceiver _response = new(windowBytes);
    private readonly NodeBodySender _request = new(windowBytes);
    private int _sent;
    private bool _sentAll;

    public long Id => id;

    public INodeCaller Caller => caller;

    /// <summary>The response's head has come. Receive loop only.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Whether the request's body has not been sent to its end.</summary>
    public bool HasUnsent => !Volatile.Read(ref _sentAll);

    public void Passed(int bytes)
    {
        int due;
        lock (_gate) due = _response.Pass(bytes);
        if (due > 0) use.Grant(this, due);
    }

    public void Cancel() => use.Cancel(this);

    /// <summary>A chunk of the response.</summary>
    public NodeWireFault Take(NodeChunk chunk, int bodyBytes)
    {
        lock (_gate) return _response.Take(chunk, bodyBytes);
    }

    /// <summary>The node grants more of the request's body.</summary>
    public NodeWireFault Grant(int bytes)
    {
        lock (_gate) return _request.Grant(bytes);
    }

    /// <summary>The next frame of the request's body; null when credit has to come first, or all has been sent. One at a time.</summary>
    public byte[]? NextChunk(int chunkBytes)
    {
        lock (_gate)
        {
            var left = caller.Request.Body.Length - _sent;
            var length = Math.Min(left, _request.Room(chunkBytes));
            if (_sentAll || (length == 0 && left > 0)) return null;
            var frame = GC.AllocateUninitializedArray<byte>(NodeChunk.HeaderBytes + length);
            _request.Next(id, length, length == left).Write(frame);
            caller.Request.Body.AsSpan(_sent, length).CopyTo(frame.AsSpan(NodeChunk.HeaderBytes));
            _sent += length;
            Volatile.Write(ref _sentAll, length == left);
            return frame;
        }
    }
}
