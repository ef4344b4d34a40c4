using System.Buffers;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>One request of the relay's, from its head to the end of its answer.</summary>
internal sealed class NodeCall : IDisposable
{
    private const int MaxReadBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended;
    private readonly NodeRequest _request;
    private readonly NodeWelcome _welcome;
    private readonly NodeSession _session;
    private readonly RequestBody _body;

    // Behind the gate: the receive loop and the call's own task touch them.
    private readonly NodeBodyReceiver _in;
    private readonly NodeBodySender _out;
    private TaskCompletionSource? _credit;
    private volatile bool _isUnwanted;

    // Receive loop only.
    private long _received;

    private long _sent;

    public NodeCall(NodeRequest request, NodeWelcome welcome, NodeSession session, CancellationToken cut)
    {
        (_request, _welcome, _session) = (request, welcome, session);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(cut);
        (_in, _out) = (new(welcome.WindowBytes), new(welcome.WindowBytes));
        _body = new RequestBody(request.ContentLength, PassAsync);
    }

    public long Id => _request.Id;

    /// <summary>A chunk of the request's body.</summary>
    public NodeWireFault Take(NodeChunk chunk, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_in.Take(chunk, bytes.Length) is not NodeWireFault.None and var fault) return fault;
        }

        _received += bytes.Length;
        if (_received > _request.ContentLength || (chunk.IsLast && _received < _request.ContentLength)) return NodeWireFault.WrongLength;
        if (bytes.Length > 0) _body.Add(bytes.ToArray());
        if (chunk.IsLast) _body.End();
        return NodeWireFault.None;
    }

    /// <summary>Credit for the answer's body.</summary>
    public NodeWireFault Grant(int bytes)
    {
        lock (_gate)
        {
            var fault = _out.Grant(bytes);
            _credit?.TrySetResult();
            _credit = null;
            return fault;
        }
    }

    /// <summary>Nobody wants the answer.</summary>
    public void Cancel()
    {
        try
        {
            _isUnwanted = true;
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>Runs the request. Never throws.</summary>
    /// <returns>False when the connection's end cut it off.</returns>
    public async Task<bool> RunAsync(UpstreamServer upstream, TimeProvider time, ILogger logger)
    {
        var began = time.GetTimestamp();
        try
        {
            using var response = await upstream.SendAsync(_request, _body, _ended.Token);
            var fields = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).SelectMany(static field => field.Value.Select(value => new KeyValuePair<string, string>(field.Key, value)));
            await _session.Socket.SendAsync(new NodeResponse(Id, (int)response.StatusCode, NodeHeaders.OfResponse(fields)), _ended.Token);
            await PumpAsync(response);
            _session.Counts.End(failed: false);
            NodeLog.Served(logger, Id, _request.Path, (int)response.StatusCode, _sent, time.GetElapsedTime(began).TotalSeconds);
            return true;
        }
        catch (UpstreamException fault)
        {
            return await FailAsync(fault.Code, fault.Message, logger);
        }
        catch (Exception fault) when (_ended.IsCancellationRequested || fault is WebSocketException)
        {
            // Nobody waits for the answer any more, or there is nobody to tell.
            _session.Forget(this);
            _session.Counts.End(failed: true);
            NodeLog.Cancelled(logger, Id, _request.Path);
            return _isUnwanted;
        }
        catch (Exception fault)
        {
            return await FailAsync(NodeErrorCodes.Internal, fault.Message, logger);
        }
    }

    public void Dispose() => _ended.Dispose();

    private async Task PumpAsync(HttpResponseMessage response)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(_ended.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(NodeChunk.HeaderBytes + Math.Min(_welcome.ChunkBytes, MaxReadBytes));
        try
        {
            while (true)
            {
                var room = await RoomAsync();
                var read = await ReadAsync(stream, buffer.AsMemory(NodeChunk.HeaderBytes, Math.Min(room, buffer.Length - NodeChunk.HeaderBytes)));
                // The relay may give the place to another request as soon as it sees the last chunk: this one has to be gone by then.
                if (read == 0) _session.Forget(this);
                lock (_gate) _out.Next(Id, read, isLast: read == 0).Write(buffer);
                await _session.Socket.SendAsync(buffer.AsMemory(0, NodeChunk.HeaderBytes + read), WebSocketMessageType.Binary, _ended.Token);
                if (read == 0) return;
                _sent += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<int> ReadAsync(Stream stream, Memory<byte> into)
    {
        try
        {
            return await stream.ReadAsync(into, _ended.Token);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException && !_ended.IsCancellationRequested)
        {
            throw new UpstreamException(NodeErrorCodes.UpstreamFailed, fault.Message);
        }
    }

    private async ValueTask<int> RoomAsync()
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_out.Room(_welcome.ChunkBytes) is > 0 and var room) return room;
                more = (_credit ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await more.WaitAsync(_ended.Token);
        }
    }

    private async ValueTask PassAsync(int bytes)
    {
        int due;
        lock (_gate) due = _in.Pass(bytes);
        if (due > 0) await _session.Socket.SendAsync(new NodeCredit(Id, due), _ended.Token);
    }

    private async Task<bool> FailAsync(string code, string why, ILogger logger)
    {
        _session.Forget(this);
        _session.Counts.End(failed: true);
        NodeLog.Failed(logger, Id, _request.Path, code, why);
        try
        {
            await _session.Socket.SendAsync(new NodeError(Id, code, Short(why)), _ended.Token);
            return true;
        }
        catch (Exception fault) when (fault is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            return _isUnwanted;
        }
    }

    // A quarter of the bound: a character has four bytes at the most.
    private static string Short(string text) => text.Length <= NodeWire.MaxErrorMessageBytes / 4 ? text : text[..(NodeWire.MaxErrorMessageBytes / 4)];
}
