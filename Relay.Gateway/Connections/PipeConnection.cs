using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Gateway.Telemetry;
using Relay.Gateway.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>How long an end waits for its partner, and how much is held for it.</summary>
internal sealed record HoldLimits(TimeSpan Timeout, int Bytes);

/// <summary>
/// One end of a pipe. Frames go to the other end without being looked into; they hold this end's credit until they have left the other, so a
/// reader that stops stops the writer. Until the other end has come they are held.
/// </summary>
internal sealed class PipeConnection(
    string id, UserIdentity identity, IFrameSocket socket, ITransport transport, ConnectionLimits limits, HoldLimits hold, GatewayCounters counters)
    : Connection(id, identity, socket, transport, limits, counters), IPipeEnd
{
    private readonly Lock _gate = new();
    private List<Frame>? _held;
    private long _heldBytes;
    private IPipeEnd? _other;
    private TimeSpan? _waitsSince;
    private int _hasLeft;
    private int _finishing;

    protected override bool TellsErrors => false;

    public void Pair(IPipeEnd other)
    {
        lock (_gate)
        {
            // Held frames hold no credit: they are as many as may be held, and the other end sends them before anything else.
            foreach (var piece in _held ?? []) other.Send(piece, Credit.None);
            _held = null;
            Volatile.Write(ref _other, other);
        }

        // Closed meanwhile, and nobody was there to be told.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _hasLeft) != 0) other.Finish();
    }

    public void Send(Frame piece, Credit credit)
    {
        if (IsClosed) Volatile.Read(ref _other)?.Passed(credit);
        else Answer(piece, credit);
    }

    public void Passed(Credit credit) => base.Return(credit);

    public void Finish()
    {
        Volatile.Write(ref _finishing, 1);
        Interlocked.MemoryBarrier();
        FinishIfSent();
    }

    /// <summary>The send loop gives back what the other end's frames held.</summary>
    public override void Return(Credit credit)
    {
        Volatile.Read(ref _other)?.Passed(credit);
        FinishIfSent();
        CloseIfDrained();
    }

    public override void Sweep(TimeSpan now, DateTimeOffset wall)
    {
        if (Volatile.Read(ref _other) is null && !IsClosed)
        {
            _waitsSince ??= now;
            if (now - _waitsSince >= hold.Timeout) Close(CloseReason.HoldTimeout);
        }

        base.Sweep(now, wall);
    }

    protected override void Receive(in IncomingFrame frame, Credit credit)
    {
        var piece = new Frame(frame.Payload, IsText: false) { Framed = frame.Messages == 0 ? -1 : frame.Messages, EndsInside = frame.EndsInside };
        if (Volatile.Read(ref _other) is not null || !TryHold(piece))
        {
            _other!.Send(piece, credit);
            return;
        }

        Passed(credit);
        if (_heldBytes > hold.Bytes) Close(CloseReason.HoldFull);
    }

    protected override void OnLeft()
    {
        Interlocked.Exchange(ref _hasLeft, 1);
        Volatile.Read(ref _other)?.Finish();
    }

    // False: the other end has come meanwhile.
    private bool TryHold(Frame piece)
    {
        lock (_gate)
        {
            if (_other is not null) return false;
            _heldBytes += piece.Length;
            if (_heldBytes <= hold.Bytes) (_held ??= []).Add(piece);
            return true;
        }
    }

    private void FinishIfSent()
    {
        if (Volatile.Read(ref _finishing) != 0 && IsOutboxEmpty) Close(IsDraining ? CloseReason.GoingAway : CloseReason.PartnerGone);
    }
}
