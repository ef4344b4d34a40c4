using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>One connection to the relay, from the hello to its end.</summary>
internal sealed class NodeSession : IDisposable
{
    private static readonly TimeSpan WelcomeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<long, NodeCall> _calls = new();

    // Completed when nothing runs any more, once it is draining.
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One place: however often something has changed, one heartbeat tells it.
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _cut;
    private readonly WebSocket _webSocket;
    private readonly NodeSettings _settings;
    private readonly ServedModels _models;
    private readonly UpstreamServer _upstream;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // Behind the gate: what runs beside the receive loop, and whether more may begin.
    private int _running;
    private bool _draining;

    private int _cutOff;

    // Receive loop only.
    private long _highest;

    public NodeSession(WebSocket socket, NodeSettings settings, ServedModels models, UpstreamServer upstream, NodeCounts counts, TimeProvider time, ILogger logger, CancellationToken hurry)
    {
        (_webSocket, _settings, _models, _upstream, Counts, _time, _logger) = (socket, settings, models, upstream, counts, time, logger);
        _cut = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        Socket = new NodeSocket(socket, _cut.Token);
    }

    public NodeSocket Socket { get; }

    public NodeCounts Counts { get; }

    /// <summary>Requests that somebody still waited for when the connection ended.</summary>
    public int CutOff => _cutOff;

    /// <summary>Runs until the connection has ended.</summary>
    /// <returns>What the relay did wrong.</returns>
    public async Task<NodeWireFault> RunAsync(CancellationToken finish)
    {
        var fault = NodeWireFault.None;
        var helpers = Task.CompletedTask;
        try
        {
            var reader = new FrameSource(_webSocket, _cut.Token);
            var offer = _models.Now;
            await Socket.SendAsync(new NodeHello(_settings.NodeId, offer.Models, offer.Capacity, AgentVersion.Text), _cut.Token);
            (var welcome, fault) = await WelcomeAsync(reader);
            if (welcome is null) return fault;
            NodeLog.Connected(_logger, _settings.Relay.Address, _settings.NodeId, offer.Models.Count == 0 ? "no models" : string.Join(", ", offer.Models), offer.Capacity);
            helpers = Task.WhenAll(HeartbeatAsync(welcome, offer), DrainAsync(finish));
            fault = await ReceiveAsync(reader, welcome);
            return fault;
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException)
        {
            return fault;
        }
        finally
        {
            await EndAsync(fault, helpers);
        }
    }

    /// <summary>A call has ended.</summary>
    public void Forget(NodeCall call) => _calls.TryRemove(call.Id, out _);

    public void Dispose()
    {
        _cut.Dispose();
        Socket.Dispose();
    }

    private async Task<(NodeWelcome?, NodeWireFault)> WelcomeAsync(FrameSource reader)
    {
        using var late = _time.CreateTimer(_ => _cut.Cancel(), null, WelcomeTimeout, Timeout.InfiniteTimeSpan);
        var (type, frame, fault) = await reader.ReadAsync();
        if (fault != NodeWireFault.None || type == WebSocketMessageType.Close) return (null, fault);
        if (type != WebSocketMessageType.Text) return (null, NodeWireFault.NoHello);
        fault = NodeMessageReader.TryRead(frame, NodeSide.Relay, out var message);
        return message is NodeWelcome welcome ? (welcome, fault) : (null, fault == NodeWireFault.None ? NodeWireFault.NoHello : fault);
    }

    private async Task<NodeWireFault> ReceiveAsync(FrameSource reader, NodeWelcome welcome)
    {
        while (true)
        {
            var (type, frame, fault) = await reader.ReadAsync();
            if (type == WebSocketMessageType.Close) return fault;
            if (fault == NodeWireFault.None) fault = type == WebSocketMessageType.Binary ? TakeChunk(frame.Span, welcome) : TakeMessage(frame, welcome);
            if (fault != NodeWireFault.None) return fault;
        }
    }

    private NodeWireFault TakeChunk(ReadOnlySpan<byte> frame, NodeWelcome welcome)
    {
        var fault = NodeChunk.TryRead(frame, frame.Length, welcome.ChunkBytes, out var chunk);
        if (fault != NodeWireFault.None) return fault;
        if (_calls.TryGetValue(chunk.Id, out var call)) return call.Take(chunk, frame[NodeChunk.HeaderBytes..]);
        return chunk.Id <= _highest ? NodeWireFault.None : NodeWireFault.UnknownRequest;
    }

    private NodeWireFault TakeMessage(ReadOnlyMemory<byte> frame, NodeWelcome welcome)
    {
        var fault = NodeMessageReader.TryRead(frame, NodeSide.Relay, out var message);
        switch (message)
        {
            case NodeRequest request:
                return Begin(request, welcome);
            case NodeCancel cancel:
                if (_calls.TryGetValue(cancel.Id, out var unwanted))
                {
                    Forget(unwanted);
                    unwanted.Cancel();
                }

                return cancel.Id <= _highest ? NodeWireFault.None : NodeWireFault.UnknownRequest;
            case NodeCredit credit:
                if (_calls.TryGetValue(credit.Id, out var call)) return call.Grant(credit.Bytes);
                return credit.Id <= _highest ? NodeWireFault.None : NodeWireFault.UnknownRequest;
            case NodeDrain:
                NodeLog.RelayDrains(_logger);
                return NodeWireFault.None;
            case NodeResume:
                NodeLog.RelayResumes(_logger);
                return NodeWireFault.None;
            default:
                return fault == NodeWireFault.None ? NodeWireFault.NoHello : fault;
        }
    }

    private NodeWireFault Begin(NodeRequest request, NodeWelcome welcome)
    {
        if (request.Id <= _highest) return NodeWireFault.UnknownRequest;
        _highest = request.Id;
        var goes = TryRun();
        if (goes && UpstreamServer.Forwards(request) && _calls.Count < _settings.Concurrency)
        {
            _ = ServeAsync(_calls[request.Id] = new NodeCall(request, welcome, this, _cut.Token));
            return NodeWireFault.None;
        }

        _ = RefuseAsync(!goes ? new(request.Id, NodeErrorCodes.GoingAway, "this node is being stopped")
            : !UpstreamServer.Forwards(request) ? new(request.Id, NodeErrorCodes.NotForwarded, "this node does not forward that")
            : new(request.Id, NodeErrorCodes.Busy, "this node has as many requests as it takes"), goes);
        return NodeWireFault.None;
    }

    private async Task ServeAsync(NodeCall call)
    {
        Counts.Begin();
        using (call)
        {
            if (!await call.RunAsync(_upstream, _time, _logger)) Interlocked.Increment(ref _cutOff);
        }

        Ran();
    }

    private async Task RefuseAsync(NodeError error, bool ran)
    {
        try
        {
            await Socket.SendAsync(error, _cut.Token);
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // The receive loop ends as well.
        }

        if (ran) Ran();
    }

    private bool TryRun()
    {
        lock (_gate)
        {
            if (!_draining) _running++;
            return !_draining;
        }
    }

    private void Ran()
    {
        lock (_gate)
        {
            if (--_running == 0 && _draining) _idle.TrySetResult();
        }
    }

    private void StopTaking()
    {
        lock (_gate)
        {
            _draining = true;
            if (_running == 0) _idle.TrySetResult();
        }
    }

    private async Task HeartbeatAsync(NodeWelcome welcome, NodeOffer told)
    {
        void Due() => _due.Writer.TryWrite(true);
        _models.Changed += Due;
        using var timer = _time.CreateTimer(_ => Due(), null, welcome.HeartbeatInterval, welcome.HeartbeatInterval);
        try
        {
            // What has changed between the hello and here.
            if (_models.Now != told) Due();
            while (true)
            {
                await _due.Reader.ReadAsync(_cut.Token);
                var now = _models.Now;
                await Socket.SendAsync(new NodeHeartbeat(_calls.Count, now.Capacity, now.Models.SequenceEqual(told.Models) ? null : now.Models), _cut.Token);
                told = now;
            }
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // The receive loop ends as well, and says why.
        }
        finally
        {
            _models.Changed -= Due;
        }
    }

    private async Task DrainAsync(CancellationToken finish)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, finish).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).WaitAsync(_cut.Token);
            if (!_calls.IsEmpty) NodeLog.Draining(_logger, _calls.Count);
            StopTaking();
            await Socket.SendAsync(new NodeDrain(), _cut.Token);
            await _idle.Task.WaitAsync(_cut.Token);
            await Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "normal");
            using var late = _time.CreateTimer(_ => _cut.Cancel(), null, GoodbyeTimeout, Timeout.InfiniteTimeSpan);
            await Task.Delay(Timeout.InfiniteTimeSpan, _cut.Token);
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // The connection is gone, or was told to hurry.
        }
    }

    private async Task EndAsync(NodeWireFault fault, Task helpers)
    {
        try
        {
            if (fault != NodeWireFault.None)
            {
                NodeLog.BadRelay(_logger, fault);
                await Socket.CloseAsync(WebSocketCloseStatus.ProtocolError, "protocol_error");
            }
            else if (_webSocket.State == WebSocketState.CloseReceived)
            {
                await Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "normal");
            }
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // Nobody is there to be told.
        }

        await _cut.CancelAsync();
        _webSocket.Abort();
        // Nothing outlives the connection.
        StopTaking();
        await _idle.Task;
        await helpers;
    }
}
