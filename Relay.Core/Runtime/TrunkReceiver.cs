namespace Relay.Core.Runtime;

/// <summary>What a receiver's turn is given: a batch, or an item that this gateway sends to itself.</summary>
internal readonly record struct TrunkArrival(TrunkBatch? Batch, TrunkItem Item);

/// <summary>All that comes from one gateway, in its order and once.</summary>
internal sealed class TrunkReceiver(Trunks trunks, string gateway, RuntimeClock clock) : Mailbox<TrunkArrival>(clock)
{
    private long _birth;
    private long _number;

    protected override void OnTurn(in TrunkArrival input, Turn turn)
    {
        if (input.Batch is not { } batch)
        {
            trunks.Deliver(gateway, input.Item);
            return;
        }

        // Sent again because the answer was lost, or late from before the gateway gave this one up.
        if (batch.Birth < _birth || (batch.Birth == _birth && batch.Number <= _number)) return;
        if (batch.Birth != _birth && _birth != 0) trunks.Lost(gateway);
        (_birth, _number) = (batch.Birth, batch.Number);
        foreach (var item in batch.Items) trunks.Deliver(gateway, item);
    }

    protected override void OnFault(Exception exception) => trunks.Fault(exception);
}
