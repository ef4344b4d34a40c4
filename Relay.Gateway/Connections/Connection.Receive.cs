using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Limits;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>The receive loop.</summary>
internal sealed partial class Connection
{
    // The debt stays, and is waited for again.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private enum Batch { Exhausted, OutOfCredit, OutOfTokens, Ended }

    // Receive loop only: how long nothing is to be read, because a rate of the user or the tenant was exceeded.
    private TimeSpan _owed;

    // While nothing is read, nothing can be heard.
    internal bool IsHeldUp => _credit.IsAwaited || Volatile.Read(ref _slowed) is not null;

    private async Task ReceiveAsync()
    {
        while (await _socket.WaitAsync())
        {
            Volatile.Write(ref _heard, true);
            Volatile.Write(ref _timesHeard, _timesHeard + 1);
            Volatile.Write(ref _sentWhenHeard, _sender.Sent);
            while (true)
            {
                var batch = TakeBatch();
                if (batch == Batch.Ended) return;
                if (_owed > TimeSpan.Zero) await SlowDownAsync();
                while (!IsClosed && Meter?.Lacking() is { } pause) await PauseAsync(pause);
                if (batch == Batch.OutOfTokens) continue;
                if (batch == Batch.Exhausted) break;
                var parked = _credit.Park();
                if (MayTake) _credit.Wake();
                else if (Volatile.Read(ref _peerLeft) != 0 && !_limits.ReadsToTheEnd) Drop(CloseReason.PeerGone);
                else if (Volatile.Read(ref _phase) == Open) _counters.ReadingPaused();
                await parked;
            }
        }
    }

    // Nothing is read for a while, and TCP pushes back.
    private async Task SlowDownAsync()
    {
        var wait = _owed < LongestPause ? _owed : LongestPause;
        await PauseAsync(new(wait, null), isOwed: true);
    }

    private async Task PauseAsync(TokenPause pause, bool isOwed = false)
    {
        if (pause.Answered is null) Meter!.CountSlowed();
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _slowed, over);
        if (IsClosed) over.TrySetResult();
        else if (Volatile.Read(ref _peerLeft) != 0 && !_limits.ReadsToTheEnd) Drop(CloseReason.PeerGone);
        await using (Meter!.Time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), over, pause.For, Timeout.InfiniteTimeSpan))
        {
            // What was owed when the bytes had come may be paid by now.
            if (isOwed && Meter.IsPaid(pause.For)) over.TrySetResult();
            await (pause.Answered is { } answered ? Task.WhenAny(over.Task, answered) : over.Task);
        }

        Volatile.Write(ref _slowed, null);
    }

    private void WakeReader()
    {
        _credit.Wake();
        Volatile.Read(ref _slowed)?.TrySetResult();
    }

    // A closing connection drains its input without credit; a draining one takes nothing until it closes.
    private bool MayTake => IsClosed || (_credit.IsAvailable && MayHandle(Volatile.Read(ref _phase)));

    private bool MayHandle(int phase) => phase == Open || (phase == Draining && _limits.TakesWhileDraining);

    // All frames that have arrived are one batch: what they lead to is flushed once, at its end.
    private Batch TakeBatch()
    {
        var taken = Credit.None;
        using var scope = TurnScope.Enter();
        Meter?.BeginBatch();
        var batch = TakeBatch(ref taken);
        _counters.Received(taken);
        _owed = Meter?.Took(taken) ?? TimeSpan.Zero;
        return batch;
    }

    private Batch TakeBatch(ref Credit taken)
    {
        while (MayTake)
        {
            if (Meter is { IsShort: true } && !IsClosed) return Batch.OutOfTokens;
            switch (_socket.TryRead(out var frame))
            {
                case ReadStatus.NeedMore:
                    return Batch.Exhausted;
                case ReadStatus.Message or ReadStatus.Piece:
                    if (!IsClosed) OnMessage(frame, ref taken);
                    break;
                case ReadStatus.Ping:
                    _sender.Pong(frame.Payload);
                    break;
                case ReadStatus.Pong:
                    break;
                case ReadStatus.Close:
                    BeginClose(CloseReason.Normal, frame.CloseCode == CloseCodes.NoStatus ? 0 : frame.CloseCode, null);
                    return Batch.Ended;
                case ReadStatus.Violation:
                    OnViolation(frame);
                    return Batch.Exhausted;
            }
        }

        return Batch.OutOfCredit;
    }

    private void OnMessage(in IncomingFrame frame, ref Credit taken)
    {
        var credit = new Credit(frame.Kind == ReadStatus.Piece ? frame.Messages : 1, frame.Payload.Length);
        taken = new(taken.Messages + credit.Messages, taken.Bytes + credit.Bytes);
        _credit.Take(credit);
        if (!MayHandle(Volatile.Read(ref _phase)))
        {
            // A drain that began before the credit was taken does not wait for this message, so it must not be handled either.
            Return(credit);
            return;
        }

        _use!.Take(this, frame, credit);
    }

    private void OnViolation(in IncomingFrame frame)
    {
        Volatile.Write(ref _lingering, true);
        var reason = Violations.Reason(frame.CloseCode);
        BeginClose(reason, frame.CloseCode, reason == CloseReason.MessageTooBig ? _limits.Told(ErrorCode.MessageTooBig) : null);
    }
}
