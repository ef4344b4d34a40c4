using System.Text;

namespace Relay.Grains.Wire;

/// <summary>A user's groups at some moment.</summary>
/// <param name="Number">Increases with each change, also from one hub of the user to the next; 0 when nothing was ever heard of groups.</param>
/// <param name="Names">The groups.</param>
[GenerateSerializer, Immutable, Alias("relay.GroupSet")]
internal sealed record GroupSet([property: Id(0)] long Number, [property: Id(1)] string[] Names)
{
    // A group's name is any text but this.
    private const char Between = '\0';

    public static GroupSet None { get; } = new(0, []);

    /// <summary>As it goes to a gateway.</summary>
    public Delivery ToDelivery() => new(DeliveryKind.Groups, "", Encoding.UTF8.GetBytes(string.Join(Between, Names)), 0, 0, Number);

    /// <summary>As it came to a gateway.</summary>
    public static GroupSet Of(in Delivery item) => new(item.Number, item.Frame.Length == 0 ? [] : Encoding.UTF8.GetString(item.Frame).Split(Between));
}

/// <summary>What a gateway holds of a user.</summary>
/// <param name="Connections">The connections.</param>
/// <param name="Groups">The user's groups, as a hub told them last.</param>
[GenerateSerializer, Immutable, Alias("relay.Holding")]
internal sealed record Holding([property: Id(0)] ConnectionInfo[] Connections, [property: Id(1)] GroupSet Groups)
{
    public static Holding Nothing { get; } = new([], GroupSet.None);
}
