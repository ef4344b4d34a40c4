using Relay.Core.Protocol;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <content>Batches on their way, and what is done when one does not arrive.</content>
internal sealed partial class UserLink
{
    // Under the gate.
    private void Pump()
    {
        if (_pumping || _isOver) return;
        _pumping = true;
        ThreadPool.UnsafeQueueUserWorkItem(static link => _ = link.PumpAsync(), this, preferLocal: true);
    }

    private async Task PumpAsync()
    {
        try
        {
            await DrainAsync();
        }
        catch (Exception e)
        {
            // A bug of ours: what is on its way is settled by a sync, and later messages still go.
            runtime.Log.PumpFailed(e);
            lock (_gate) (_pumping, _syncWanted) = (false, true);
        }
    }

    private async Task DrainAsync()
    {
        while (!runtime.IsOver)
        {
            bool sync;
            lock (_gate)
            {
                sync = _syncWanted;
                if (!sync && _onItsWay is null && !TryGather())
                {
                    _pumping = false;
                    EndIfEmpty();
                    return;
                }
            }

            if (sync) await SyncAsync();
            else await SendAsync();
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

    private async Task SendAsync()
    {
        var (taken, failed) = (false, false);
        try
        {
            taken = await runtime.Hub(user).Accept(runtime.Gateway.Id, _epoch, _batch, _onItsWay!).WaitAsync(runtime.Options.CallTimeout, runtime.Time);
        }
        catch (Exception e)
        {
            failed = true;
            runtime.Log.HubUnreachable(user, e.Message);
            // What is at the same silo has the same fate, and should not wait for its own next message to learn it. A timeout may be this hub's own.
            if (e is not TimeoutException) runtime.SilenceOf(Silo);
        }

        lock (_gate)
        {
            if (taken)
            {
                _onItsWay = null;
                return;
            }

            (_wasRefused, _syncWanted) = (!failed, true);
        }
    }

    private async Task SyncAsync()
    {
        ConnectionInfo[] held;
        long number;
        lock (_gate)
        {
            _syncWanted = false;
            (held, number) = (Held(), runtime.NextNumber());
        }

        SyncReply reply;
        try
        {
            reply = await runtime.Hub(user).Sync(runtime.Gateway, held, number);
        }
        catch (Exception e)
        {
            runtime.Log.HubUnreachable(user, e.Message);
            await SyncAgainAsync();
            return;
        }

        // A hub that has a successor already must not answer; the next try finds that one.
        if (held.Length == 0) Told();
        else if (reply.Epoch < _epoch) await SyncAgainAsync();
        else lock (_gate) Synced(reply);
    }

    private async Task SyncAgainAsync()
    {
        await Task.Delay(runtime.Options.RetryDelay, runtime.Time);
        lock (_gate) _syncWanted = true;
    }

    // Under the gate.
    private void Synced(SyncReply reply)
    {
        // Another hub, or the same one that had given this gateway up: what it had from us it has forgotten.
        if (reply.Epoch != _epoch) Settle(reply);
        else if (reply.LastBatch >= _batch) _onItsWay = null;
        (_epoch, Silo, _wasRefused) = (reply.Epoch, reply.Silo, false);
        foreach (var id in reply.Refused)
            if (_connections.TryGetValue(id, out var linked)) linked.Connection.Close((ErrorCode)reply.Error);
    }

    // The hub has been told that nobody is left whose messages or places matter.
    private void Told()
    {
        lock (_gate)
        {
            _waiting.Clear();
            (_onItsWay, _wasRefused) = (null, false);
            // Unless somebody has come meanwhile.
            _syncWanted |= _connections.Count > 0;
        }
    }

    // Under the gate. What was refused in as many words goes to the successor; of the rest nobody knows.
    private void Settle(SyncReply reply)
    {
        var kept = _wasRefused ? _onItsWay! : [];
        var unsent = kept.Where(static item => item.Kind == ClientItemKind.Message).Select(static item => item.Number).ToHashSet();
        var unknown = 0;
        foreach (var (number, request) in _outstanding.ToList())
        {
            if (unsent.Contains(number)) continue;
            _outstanding.Remove(number);
            var connection = request.Connection.Connection;
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

        if (!_wasRefused) _onItsWay = null;
        runtime.Log.HubReborn(user, reply.Silo, unknown);
    }
}
