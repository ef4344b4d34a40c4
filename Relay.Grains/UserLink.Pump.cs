using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <content>Batches on their way, and what is done when one does not arrive.</content>
internal sealed partial class UserLink
{
    /// <summary>It is the link's turn to send.</summary>
    /// <returns>Null when there is nothing, or nothing for that silo.</returns>
    public UserBatch? Gather(SiloOutbox outbox)
    {
        lock (_gate)
        {
            if (_syncWanted || _isHeld || outbox != _outbox || (_onItsWay is null && !TryGather()))
            {
                Next();
                return null;
            }

            _isUntaken = false;
            return new(key, _epoch, _batch, _onItsWay!);
        }
    }

    /// <summary>What became of what was gathered.</summary>
    /// <param name="taken">Null when that is not known.</param>
    public void Sent(bool? taken)
    {
        lock (_gate)
        {
            if (taken == true) _onItsWay = null;
            // A hub that leaves tells when it has; until then it may still answer what it had before.
            else (_isUntaken, _syncWanted) = (taken == false, !_isHeld);
            Next();
        }
    }

    // Under the gate.
    private void Pump()
    {
        if (_pumping || _isOver || _isHeld) return;
        _pumping = true;
        Next();
    }

    // Under the gate, at the end of each step. A link is in one step at a time: in an outbox, on its way, or being synced.
    private void Next()
    {
        if (_syncWanted || (_outbox is null && _waiting.Count > 0))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static link => _ = link.SyncAsync(), this, preferLocal: true);
        }
        else if (!_isHeld && _outbox is not null && (_onItsWay is not null || _waiting.Count > 0))
        {
            _outbox.Enqueue(this);
        }
        else
        {
            _pumping = false;
            EndIfEmpty();
        }
    }

    // Under the gate. From here on the hub may have handled what is in the batch.
    private bool TryGather()
    {
        if (_waiting.Count == 0) return false;
        var (items, bytes) = (new List<ClientItem>(), 0);
        while (items.Count < BatchItems && bytes < BatchBytes && _waiting.TryDequeue(out var waiting))
        {
            var item = waiting.Item;
            if (item.Kind == ClientItemKind.Message)
            {
                if (!_connections.ContainsKey(item.Connection)) continue;
                _outstanding.Add(item.Number, waiting.Request);
            }

            items.Add(item);
            bytes += item.Frame.Length;
        }

        if (items.Count == 0) return false;
        _onItsWay = [.. items];
        _batch = runtime.NextNumber();
        return true;
    }

    private async Task SyncAsync()
    {
        try
        {
            await TrySyncAsync();
        }
        catch (Exception e)
        {
            // A bug of ours: later syncs still go.
            runtime.Log.PumpFailed(e);
            await SyncAgainAsync();
        }

        if (runtime.IsOver) return;
        lock (_gate) Next();
    }

    private async Task TrySyncAsync()
    {
        Holding held;
        long number;
        lock (_gate)
        {
            _syncWanted = false;
            (held, number) = (Held(), runtime.NextNumber());
        }

        SyncReply reply;
        try
        {
            reply = await runtime.Hub(user).Sync(runtime.Gateway, held, number).WaitAsync(runtime.Upheaval);
        }
        catch (Exception e)
        {
            runtime.Log.HubUnreachable(user, e.Message);
            await SyncAgainAsync();
            return;
        }

        // A hub that has a successor already must not answer; the next try finds that one.
        if (held.Connections.Length == 0) Told();
        else if (reply.Epoch < _epoch) await SyncAgainAsync();
        else Synced(reply);
    }

    private async Task SyncAgainAsync()
    {
        await Task.Delay(runtime.Options.RetryDelay, runtime.Time);
        lock (_gate) _syncWanted = true;
    }

    private void Synced(SyncReply reply)
    {
        using var scope = TurnScope.EnterWithoutPlugins();
        lock (_gate) Follow(reply);
    }

    // Under the gate.
    private void Follow(SyncReply reply)
    {
        // Another hub, or the same one that had given this gateway up: what it had from us it has forgotten.
        if (reply.Epoch != _epoch) Settle(reply);
        else if (reply.LastBatch >= _batch) (_onItsWay, _isUntaken) = (null, false);
        (_epoch, Silo, _outbox) = (reply.Epoch, reply.Silo, runtime.Outbox(reply.Silo, reply.Inbox));
        foreach (var id in reply.Refused)
            if (_connections.TryGetValue(id, out var linked)) linked.Connection.Close(Known.Error(reply.Error));
        Drop();
        foreach (var linked in _connections.Values.ToList()) Attach(linked.Hub);
    }

    // The hub has been told that nobody is left whose messages or places matter.
    private void Told()
    {
        lock (_gate)
        {
            (_onItsWay, _isUntaken) = (null, false);
            // Unless somebody has come meanwhile.
            for (var waiting = _waiting.Count; waiting > 0; waiting--)
            {
                var next = _waiting.Dequeue();
                if (_connections.ContainsKey(next.Item.Connection)) _waiting.Enqueue(next);
            }

            _syncWanted |= _connections.Count > 0;
        }
    }

    // Under the gate. What no hub has taken goes to the successor, and before it what was handed back and what does no harm twice; of the
    // rest nobody knows. A request that goes on detached may have sent parts of its answer already.
    private void Settle(SyncReply reply)
    {
        // A hub that ended without a word, or whose word is late, holds nothing up any more.
        _isHeld = false;
        PutBack();
        var (kept, again) = (_isUntaken ? _onItsWay ?? [] : [], new List<ClientItem>());
        var unsent = kept.Where(static item => item.Kind == ClientItemKind.Message).Select(static item => item.Number).ToHashSet();
        var unknown = 0;
        foreach (var (number, request) in _outstanding.OrderBy(static request => request.Key).ToList())
        {
            if (unsent.Contains(number)) continue;
            var connection = request.Connection.Connection;
            if (request.Again is { } frame && request.Credit != Credit.None)
            {
                again.Add(new(ClientItemKind.Message, connection.Id, number, frame));
                if (request.IsHandedBack) _outstanding[number] = request with { Again = null, IsHandedBack = false };
                continue;
            }

            _outstanding.Remove(number);
            if (request.RequestId.Length == 0)
            {
                connection.Return(request.Credit);
                continue;
            }

            unknown++;
            connection.Answer(Frames.Error(ErrorCode.OutcomeUnknown, null, request.RequestId), request.Credit);
        }

        foreach (var (_, linked) in _connections)
        {
            if (linked.KeptOpen != 0) linked.Connection.KeepOpen(-linked.KeptOpen);
            linked.KeptOpen = 0;
        }

        _onItsWay = again.Count + kept.Length > 0 ? [.. again, .. kept] : null;
        _isUntaken = _onItsWay is not null;
        _batch = runtime.NextNumber();
        runtime.Log.HubReborn(user, reply.Silo, unknown);
    }
}
