using Relay.Core.Errors;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>How long an end waits for its partner, and how much is held for it.</summary>
internal sealed record HoldLimits(TimeSpan Timeout, int Bytes);

/// <summary>
/// A connection that is one end of a pipe. Its frames go to the other end without being looked into; they hold this end's credit until they have left
/// the other, so a reader that stops stops the writer. Until the other end has come they are held.
/// </summary>
internal sealed class PipeUse(Connection connection, HoldLimits hold) : IConnectionUse, IPipeEnd
{
    private readonly Lock _gate = new();
    private List<Frame>? _held;
    private long _heldBytes;
    private IPipeEnd? _other;
    private RuntimeLink? _link;
    private Credit _owed;
    private TimeSpan? _waitsSince;
    private int _hasLeft;
    private int _finishing;

    /// <summary>Joins the connection; it leaves by itself.</summary>
    public void Open(IPeerRuntime peers, Core.PipeKey pipe, bool isSecond)
    {
        // First, because the other end may send at once, and is given back its credit by what the connection is for.
        connection.Attach(this);
        var link = peers.Connect(pipe, isSecond, this);
        Interlocked.Exchange(ref _link, link);
        if (Volatile.Read(ref _hasLeft) != 0) link.Leave();
    }

    public string Job => "pipe";

    public void Take(Connection connection, in IncomingFrame frame, Credit credit)
    {
        var piece = new Frame(frame.Payload, IsText: false) { Framed = frame.Messages == 0 ? -1 : frame.Messages, EndsInside = frame.EndsInside };
        if (Volatile.Read(ref _other) is null && TryHold(piece))
        {
            connection.Return(credit);
            if (_heldBytes > hold.Bytes) connection.Close(CloseReason.HoldFull);
            return;
        }

        _other!.Send(piece, credit);
    }

    public void Leave()
    {
        Interlocked.Exchange(ref _hasLeft, 1);
        Volatile.Read(ref _link)?.Leave();
        Volatile.Read(ref _other)?.Finish();
    }

    public void Sent(Connection connection, Credit credit)
    {
        GiveBack(credit);
        FinishIfSent();
    }

    public void Sweep(Connection connection, TimeSpan now)
    {
        if (Volatile.Read(ref _other) is not null) return;
        _waitsSince ??= now;
        if (now - _waitsSince >= hold.Timeout) connection.Close(CloseReason.HoldTimeout);
    }

    public void Pair(IPipeEnd other)
    {
        lock (_gate)
        {
            // Held frames hold no credit: there are no more than may be held, and the other end sends them before anything else.
            foreach (var piece in _held ?? []) other.Send(piece, Credit.None);
            _held = null;
            Volatile.Write(ref _other, other);
        }

        other.Passed(_owed);
        if (Volatile.Read(ref _hasLeft) != 0) other.Finish(); // it closed meanwhile, and nobody was there to be told
    }

    public void Send(Frame piece, Credit credit)
    {
        if (connection.IsClosed) GiveBack(credit);
        else connection.Answer(piece, credit);
    }

    public void Passed(Credit credit) => connection.Return(credit);

    public void Finish()
    {
        Interlocked.Exchange(ref _finishing, 1);
        FinishIfSent();
    }

    public void Close(CloseReason reason) => connection.Close(reason);

    // False: the other end has come meanwhile.
    private bool TryHold(Frame piece)
    {
        lock (_gate)
        {
            if (_other is not null) return false;
            _heldBytes += piece.Length + Outbox.ItemBytes;
            if (_heldBytes <= hold.Bytes) (_held ??= []).Add(piece);
            return true;
        }
    }

    // The other end may send before this one has been told of it.
    private void GiveBack(Credit credit)
    {
        if (credit == Credit.None) return;
        if (Volatile.Read(ref _other) is null)
        {
            lock (_gate)
            {
                if (_other is null)
                {
                    _owed = new(_owed.Messages + credit.Messages, _owed.Bytes + credit.Bytes);
                    return;
                }
            }
        }

        _other!.Passed(credit);
    }

    private void FinishIfSent()
    {
        if (Volatile.Read(ref _finishing) != 0 && connection.HasSentAll) connection.Close(connection.IsDraining ? CloseReason.GoingAway : CloseReason.PartnerGone);
    }
}
