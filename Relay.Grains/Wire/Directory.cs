namespace Relay.Grains.Wire;

/// <summary>Where a join goes.</summary>
/// <param name="Error">Why it goes nowhere: an error of the catalogue by its number, or null.</param>
/// <param name="IsNew">Nobody can hold a connection of the user: the hub needs to ask no gateway.</param>
[GenerateSerializer, Immutable, Alias("relay.RouteReply")]
internal sealed record RouteReply([property: Id(0)] int? Error, [property: Id(1)] bool IsNew);

/// <summary>One part's share of a list of hubs.</summary>
/// <param name="Total">Hubs of the part.</param>
/// <param name="Clients">Their connections.</param>
/// <param name="Users">The users asked for, in order.</param>
[GenerateSerializer, Immutable, Alias("relay.DirectoryPage")]
internal sealed record DirectoryPage([property: Id(0)] int Total, [property: Id(1)] long Clients, [property: Id(2)] string[] Users);

/// <summary>One part's share of a list of users.</summary>
/// <param name="Total">How many there are in the part.</param>
/// <param name="Users">Those asked for, in order.</param>
[GenerateSerializer, Immutable, Alias("relay.DirectoryUsers")]
internal sealed record DirectoryUsers([property: Id(0)] int Total, [property: Id(1)] (string UserId, int Connections)[] Users)
{
    public static DirectoryUsers Of((int Total, IReadOnlyList<Core.Hubs.UserInfo> Users) page) => new(page.Total, [.. page.Users.Select(static user => (user.UserId, user.Connections))]);

    public Core.Runtime.UserPage ToPage() => new(Total, [.. Users.Select(static user => new Core.Hubs.UserInfo(user.UserId, user.Connections))]);
}

/// <summary>A hub as an operator sees it; see <see cref="Core.Hubs.HubDescription"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.HubView")]
internal sealed record HubView(
    [property: Id(0)] string UserId,
    [property: Id(1)] string Phase,
    [property: Id(2)] TimeSpan IdleFor,
    [property: Id(3)] string[] Connections,
    [property: Id(4)] string[] Groups,
    [property: Id(5)] PluginView[] Plugins);

/// <summary>A plugin as an operator sees it.</summary>
[GenerateSerializer, Immutable, Alias("relay.PluginView")]
internal readonly record struct PluginView([property: Id(0)] string Prefix, [property: Id(1)] string Status, [property: Id(2)] int Crashes);
