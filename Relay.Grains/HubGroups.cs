using System.Text;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// A user's groups, beside the user's hub, which decides about them: told to all gateways that hold connections of the user, because
/// they outlive the hub (DESIGN rule 7). Any thread.
/// </summary>
internal sealed class HubGroups(Func<long> nextNumber)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GatewayLink> _links = [];
    private long _number;
    private Task _heard = Task.CompletedTask;
    private bool _isOver;

    /// <summary>The groups now.</summary>
    public GroupSet Now
    {
        get
        {
            lock (_gate) return new(_number, [.. _names]);
        }
    }

    /// <summary>The user has joined or left a group.</summary>
    /// <returns>False when that is known, or does not matter any more.</returns>
    public bool Change(string group, bool member)
    {
        lock (_gate)
        {
            if (_isOver || !(member ? _names.Add(group) : _names.Remove(group))) return false;
            _number = nextNumber();
            var item = new Delivery(member ? DeliveryKind.GroupJoined : DeliveryKind.GroupLeft, "", Encoding.UTF8.GetBytes(group), 0, 0, _number);
            _heard = Task.WhenAll([.. _links.Values.Where(static link => !link.IsLost && link.Connections.Count > 0).Select(link => Send(link, item))]);
            return true;
        }
    }

    /// <summary>A gateway is told all groups, and from now on what changes. Again with each connection: with its last one it has forgotten them.</summary>
    public void Tell(GatewayLink link)
    {
        lock (_gate)
        {
            _links[link.Gateway] = link;
            if (_number != 0) link.Send(new GroupSet(_number, [.. _names]).ToDelivery(), null);
        }
    }

    /// <summary>The hub goes elsewhere: that it leaves all groups as it ends is nobody's wish, and the next hub has them again.</summary>
    public void Stop()
    {
        lock (_gate) _isOver = true;
    }

    /// <summary>Ends when the gateways have heard of the last change, or have been out of reach for so long.</summary>
    public async Task HeardAsync(TimeSpan patience, TimeProvider time)
    {
        Task heard;
        lock (_gate) heard = _heard;
        await Task.WhenAny(heard, Task.Delay(patience, time));
    }

    private static Task Send(GatewayLink link, in Delivery item)
    {
        var heard = new Heard();
        link.Send(item, heard);
        return heard.Task;
    }

    private sealed class Heard() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IDelivered
    {
        public void Delivered(int bytes) => TrySetResult();
    }
}
