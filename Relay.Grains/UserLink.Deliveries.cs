using Relay.Core.Protocol;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <content>What comes from a hub in another process.</content>
internal sealed partial class UserLink
{
    /// <summary>What the hub does to the connections.</summary>
    /// <param name="part">What.</param>
    /// <param name="full">Gathers the connections that have no room now.</param>
    public void Deliver(UserDelivery part, List<(string User, string Connection)> full)
    {
        lock (_gate)
        {
            // From a hub that has a successor: it must not speak any more.
            if (part.Epoch < _epoch) return;
            if (part.Epoch > _epoch && _epoch != 0) Resync();
            foreach (var item in part.Items)
            {
                if (item.Kind == DeliveryKind.Moved) Resync();
                else if (item.Kind == DeliveryKind.Leaving) _isHeld = part.Epoch == _epoch;
                else if (item.Kind is DeliveryKind.Groups or DeliveryKind.GroupJoined or DeliveryKind.GroupLeft) Take(item);
                else if (_connections.TryGetValue(item.Connection, out var linked)) Deliver(linked, item);
            }

            foreach (var item in part.Items)
            {
                // Told once: there will be one word that there is room again.
                if (!_connections.TryGetValue(item.Connection, out var linked) || linked.BlockedAt == part.Epoch || !linked.Connection.WhenRoom(linked)) continue;
                linked.BlockedAt = part.Epoch;
                full.Add((part.User, item.Connection));
            }
        }
    }

    private void Deliver(LinkedConnection linked, in Delivery item)
    {
        var connection = linked.Connection;
        var credit = new Credit(item.Messages, item.Bytes);
        switch (item.Kind)
        {
            case DeliveryKind.Answer:
                if (item.Number != 0) _outstanding.Remove(item.Number);
                connection.Answer(new(item.Frame), credit);
                break;
            case DeliveryKind.Push:
                // The first is the welcome.
                connection.Push(new(item.Frame));
                linked.Welcome();
                break;
            case DeliveryKind.Return:
                Return(item.Number);
                connection.Return(credit);
                break;
            case DeliveryKind.HandBack:
                if (_outstanding.TryGetValue(item.Number, out var request)) _outstanding[item.Number] = request with { Again = item.Frame, IsHandedBack = request.Again is null };
                break;
            case DeliveryKind.KeepOpen:
                linked.KeptOpen += item.Messages;
                connection.KeepOpen(item.Messages);
                break;
            case DeliveryKind.Close:
                connection.Close(Known.Error(item.Messages));
                break;
            case DeliveryKind.Moved or DeliveryKind.Leaving or DeliveryKind.Groups or DeliveryKind.GroupJoined or DeliveryKind.GroupLeft:
                break;
        }
    }

    // Credit that comes back before the answer: the request goes on detached, or nobody asked for an answer.
    private void Return(long number)
    {
        if (!_outstanding.TryGetValue(number, out var request)) return;
        if (request.RequestId.Length == 0) _outstanding.Remove(number);
        else _outstanding[number] = request with { Credit = Credit.None };
    }
}
