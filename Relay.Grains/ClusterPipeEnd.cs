using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// What stands at this gateway for the other end of a pipe, wherever that is: it looks for it, and is then the local end's partner and the trunk's end.
/// </summary>
internal sealed class ClusterPipeEnd : RuntimeLink, IPipeEnd, ITrunkEnd
{
    private readonly Lock _gate = new();
    private readonly ClusterPeers _peers;
    private readonly PipeKey _pipe;
    private readonly bool _isSecond;
    private readonly IPipeEnd _local;
    private readonly long _number;
    private readonly long _born;
    private Phase _phase;
    private string _gateway = "";
    private long _other;
    private PipeEndRef? _beginning;
    private PipeEndRef? _gone;
    private bool _asking;

    public ClusterPipeEnd(ClusterPeers peers, PipeKey pipe, bool isSecond, IPipeEnd local)
    {
        (_peers, _pipe, _isSecond, _local) = (peers, pipe, isSecond, local);
        (_number, _born) = (peers.Trunks.Add(this), peers.Time.GetUtcNow().UtcTicks);
    }

    private enum Phase
    {
        Waits,
        Begins,
        Paired,
        Ended,
    }

    /// <summary>Asks the pipe for the other end; asked again while none has come, since the pipe may have been lost.</summary>
    public void Ask()
    {
        lock (_gate)
        {
            if (_phase != Phase.Waits || _asking) return;
            _asking = true;
        }

        _ = AskAsync();
    }

    // The local end's socket has closed. When there was a partner, the local end finishes it by itself.
    public override void Leave()
    {
        PipeEndRef? beginning;
        lock (_gate)
        {
            if (_phase == Phase.Ended || (_phase == Phase.Paired && !IsHere)) return;
            (beginning, _phase) = (_beginning, Phase.Ended);
        }

        _peers.Forget(this, _number);
        if (beginning is { } other) _peers.Trunks.Send(other.Gateway.Id, new(TrunkKind.Finish, other.Number, _number));
        _ = TenantContext.TellAsync(_pipe.Tenant, () => _peers.Pipe(_pipe).Leave(Self()));
    }

    public void Pair(IPipeEnd other)
    {
    }

    public void Send(Frame piece, Credit credit) => Tell(new(TrunkKind.Data, _other) { Frame = piece, Credit = credit });

    public void Passed(Credit credit)
    {
        if (credit != Credit.None) Tell(new(TrunkKind.Credit, _other) { Credit = credit });
    }

    public void Finish()
    {
        Tell(new(TrunkKind.Finish, _other, _number));
        End();
    }

    public void Close(CloseReason reason) => Finish();

    public void Take(string gateway, in TrunkItem item)
    {
        switch (item.Kind)
        {
            case TrunkKind.Begin:
                Begun(gateway, item.From, answer: true);
                break;
            case TrunkKind.Begun:
                Begun(gateway, item.From, answer: false);
                break;
            case TrunkKind.Gone:
                GoneFrom(gateway, item.From);
                break;
            case TrunkKind.Data:
                _local.Send(item.Frame, item.Credit);
                break;
            case TrunkKind.Credit:
                _local.Passed(item.Credit);
                break;
            case TrunkKind.Finish:
                if (!IsPartner(gateway, item.From)) break;
                End();
                _local.Finish();
                break;
            case TrunkKind.Close:
                // What was told late must not hit a pair.
                if (HasPartner()) break;
                _local.Close(item.Reason);
                break;
            case TrunkKind.News:
                break;
        }
    }

    public void Lost(string gateway)
    {
        bool wasPaired;
        lock (_gate)
        {
            if (_phase == Phase.Begins && _beginning!.Gateway.Id == gateway)
            {
                LookAgain();
                wasPaired = false;
            }
            else
            {
                wasPaired = _phase == Phase.Paired && _gateway == gateway;
            }
        }

        if (!wasPaired)
        {
            Ask();
            return;
        }

        End();
        _local.Finish();
    }

    private bool IsHere => _gateway == _peers.Gateway.Id;

    private bool IsPartner(string gateway, long number)
    {
        lock (_gate) return _phase == Phase.Paired && _gateway == gateway && _other == number;
    }

    private bool HasPartner()
    {
        lock (_gate) return _phase is Phase.Paired or Phase.Ended;
    }

    private PipeEndRef Self() => new(_peers.Gateway, _number, _born);

    private async Task AskAsync()
    {
        PipeEndRef? gone;
        lock (_gate) gone = _gone;
        try
        {
            TenantContext.Set(_pipe.Tenant);
            var reply = await _peers.Pipe(_pipe).Arrive(Self(), _isSecond, gone).WaitAsync(_peers.Options.CallTimeout, _peers.Time);
            if (reply.Replaced is { } older)
            {
                _peers.Learn(older.Gateway);
                _peers.Trunks.Send(older.Gateway.Id, new(TrunkKind.Close, older.Number) { Reason = CloseReason.Replaced });
            }

            Answered(reply.Partner);
        }
        catch (Exception e)
        {
            _peers.Log.PipeUnreachable(_pipe, e.Message);
            Answered(null);
        }
    }

    private void Answered(PipeEndRef? partner)
    {
        lock (_gate)
        {
            _asking = false;
            if (_phase != Phase.Waits || partner is null) return;
            (_phase, _beginning, _gone) = (Phase.Begins, partner, null);
        }

        _peers.Learn(partner.Gateway);
        _peers.Trunks.Attach(_number, partner.Gateway.Id);
        _peers.Trunks.Send(partner.Gateway.Id, new(TrunkKind.Begin, partner.Number, _number));
    }

    // The other end wants to begin, or has taken this one's beginning. Both may have been told of each other at once.
    private void Begun(string gateway, long other, bool answer)
    {
        bool isNew;
        lock (_gate)
        {
            var fits = _phase switch
            {
                Phase.Waits => answer,
                Phase.Begins => _beginning!.Gateway.Id == gateway && _beginning.Number == other,
                Phase.Paired => _gateway == gateway && _other == other,
                _ => false,
            };
            if (!fits)
            {
                // An end that has taken a beginning which was given up meanwhile would wait for ever.
                _peers.Trunks.Send(gateway, new(answer ? TrunkKind.Gone : TrunkKind.Finish, other, _number));
                return;
            }

            isNew = _phase != Phase.Paired;
            (_phase, _gateway, _other, _beginning) = (Phase.Paired, gateway, other, null);
        }

        _peers.Trunks.Attach(_number, gateway);
        if (answer) _peers.Trunks.Send(gateway, new(TrunkKind.Begun, other, _number));
        if (!isNew) return;
        _peers.Met(this);
        // Two ends of one gateway need nobody between them.
        _local.Pair(IsHere && _peers.Trunks.Find(other) is ClusterPipeEnd near ? near._local : this);
    }

    private void GoneFrom(string gateway, long other)
    {
        lock (_gate)
        {
            if (_phase != Phase.Begins || _beginning!.Gateway.Id != gateway || _beginning.Number != other) return;
            LookAgain();
        }

        Ask();
    }

    // Under the gate.
    private void LookAgain() => (_phase, _gone, _beginning) = (Phase.Waits, _beginning, null);

    private void Tell(in TrunkItem item)
    {
        if (_phase == Phase.Paired) _peers.Trunks.Send(_gateway, item);
    }

    private void End()
    {
        lock (_gate) _phase = Phase.Ended;
        _peers.Forget(this, _number);
    }
}
