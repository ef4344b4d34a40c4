using System.Text;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A user's groups, as a gateway keeps them for the next hub as long as it has connections of the user. Under the link's gate.</summary>
internal sealed class UserGroups
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _number;

    public GroupSet Now => new(_number, [.. _names]);

    /// <summary>What the hub told.</summary>
    public void Take(in Delivery item)
    {
        _number = item.Number;
        switch (item.Kind)
        {
            case DeliveryKind.Groups:
                _names.Clear();
                _names.UnionWith(GroupSet.Of(item).Names);
                break;
            case DeliveryKind.GroupJoined:
                _names.Add(Encoding.UTF8.GetString(item.Frame));
                break;
            case DeliveryKind.GroupLeft:
                _names.Remove(Encoding.UTF8.GetString(item.Frame));
                break;
        }
    }
}
