using Relay.Core.Tunnel;
using Relay.WebSockets;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>One tunnel of a <see cref="MuxLink"/>.</summary>
internal sealed class MuxTunnel(MuxLink link, uint stream, ReceiveCredit window, ITunnelOutput output) : ITunnel
{
    private readonly TaskCompletionSource<TunnelAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SendPlace _place = new();
    private readonly Lock _gate = new();
    private ReceiveCredit _receive = window;
    private SendCredit _send = new();
    private TaskCompletionSource<int>? _waiting;
    private Action<int>? _passedOn;
    private bool _isLost;
    private bool _hasEnded;
    private bool _peerHasEnded;

    public uint Stream => stream;

    public Task<TunnelAnswer> Answer => _answer.Task;

    public void SendOpen(TunnelTarget target)
    {
        Span<byte> frame = stackalloc byte[TunnelFrames.MaxControl];
        link.Sender.Post(Opcode.Binary, frame[..TunnelFrames.WriteOpen(frame, stream, _receive.GrantRest(), target)]);
    }

    public ValueTask<int> WaitForCreditAsync()
    {
        lock (_gate)
        {
            if (_isLost) return new(0);
            if (_send.Left > 0) return new(_send.Left);
            _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_waiting.Task);
        }
    }

    public ValueTask SendAsync(SendBuffer buffer, int count)
    {
        lock (_gate)
        {
            if (_isLost) return ValueTask.FromException(new IOException("The tunnel was broken off."));
            _send.Spend(count);
        }

        TunnelFrames.WriteHeader(buffer.Bytes.AsSpan(SendBuffer.HeaderRoom - TunnelFrames.HeaderSize), TunnelFrameType.Data, stream);
        return link.Sender.SendAsync(_place, buffer, TunnelFrames.HeaderSize, count);
    }

    public void End()
    {
        lock (_gate)
        {
            if (_isLost || _hasEnded) return;
            _hasEnded = true;
        }

        Span<byte> frame = stackalloc byte[TunnelFrames.MaxControl];
        link.Sender.Post(Opcode.Binary, frame[..TunnelFrames.WriteEnd(frame, stream)]);
        ForgetWhenEnded();
    }

    public void Break()
    {
        if (!TryLose()) return;
        link.Forget(stream);
        Span<byte> frame = stackalloc byte[TunnelFrames.MaxControl];
        link.Sender.Post(Opcode.Binary, frame[..TunnelFrames.WriteReset(frame, stream, TunnelReset.Broken)]);
        _answer.TrySetCanceled();
    }

    /// <summary>The relay broke it off, or the link has ended.</summary>
    public void Lost(string why)
    {
        if (!TryLose()) return;
        link.Forget(stream);
        if (!_answer.TrySetResult(new(502, ConnectReply.Refusal(502, $"The tunnel was lost before it was open: {why}."), null))) output.Break();
    }

    public string? Opened(ulong credit)
    {
        if (Credit(credit) is { } fault) return fault;
        return _answer.TrySetResult(new(200, ConnectReply.Established.ToArray(), this)) ? null : "a tunnel that opens twice";
    }

    public string? Refused(int status, string text)
    {
        if (_answer.Task.IsCompletedSuccessfully) return "a refusal of an open tunnel";
        if (!TryLose()) return null;
        link.Forget(stream);
        _answer.TrySetResult(new(status, ConnectReply.Refusal(status, text), null));
        return null;
    }

    public string? Data(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_isLost) return null;
            if (_peerHasEnded) return "data behind its end";
            if (!_receive.TryReceive(data.Length)) return "data without credit";
        }

        output.Write(data, _passedOn ??= PassedOn);
        return null;
    }

    public string? Credit(ulong credit)
    {
        TaskCompletionSource<int>? waiting;
        int left;
        lock (_gate)
        {
            if (!_send.TryAdd(credit)) return "too much credit";
            left = _send.Left;
            if (left == 0) return null;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult(left);
        return null;
    }

    public string? Ended()
    {
        lock (_gate)
        {
            if (_peerHasEnded) return "an end twice";
            _peerHasEnded = true;
        }

        output.End();
        ForgetWhenEnded();
        return null;
    }

    private void PassedOn(int bytes)
    {
        uint credit;
        lock (_gate)
        {
            credit = _isLost || _peerHasEnded ? 0 : _receive.Consume(bytes);
        }

        if (credit == 0) return;
        Span<byte> frame = stackalloc byte[TunnelFrames.MaxControl];
        link.Sender.Post(Opcode.Binary, frame[..TunnelFrames.WriteCredit(frame, stream, credit)]);
    }

    private bool TryLose()
    {
        TaskCompletionSource<int>? waiting;
        lock (_gate)
        {
            if (_isLost || (_hasEnded && _peerHasEnded)) return false;
            _isLost = true;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult(0);
        return true;
    }

    private void ForgetWhenEnded()
    {
        lock (_gate)
        {
            if (!_hasEnded || !_peerHasEnded) return;
        }

        link.Forget(stream);
    }
}
