using System.Text.Json.Serialization;
using Relay.Core.Hubs;
using Relay.Core.Runtime;

namespace Relay.Gateway.Api;

/// <summary>A part of a list of users.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Users">Those asked for, in the order of their ids.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record UserListing(int Total, IReadOnlyList<UserItem> Users, string? Next)
{
    public static UserListing Of(UserPage found, Page page)
    {
        var (users, next) = page.Cut(found.Users, static user => new UserItem(user.UserId, user.Connections), static user => user.UserId);
        return new(found.Total, users, next);
    }
}

/// <summary>A user.</summary>
internal sealed record UserItem(string UserId, int Connections);

/// <summary>A user's presence.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Connections">Ids of the connections to the user's hub.</param>
/// <param name="Groups">Groups that the user is in.</param>
/// <param name="IdleSeconds">How long there has been no connection.</param>
internal sealed record UserView(string UserId, IReadOnlyList<string> Connections, IReadOnlyList<string> Groups, long IdleSeconds)
{
    public static UserView Of(HubDescription hub) => new(hub.UserId, hub.Connections, hub.Groups, (long)hub.IdleFor.TotalSeconds);
}

/// <summary>A part of a list of connections.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Connections">Those asked for, in the order of their ids.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record ConnectionListing(int Total, IReadOnlyList<ConnectionItem> Connections, string? Next)
{
    public static ConnectionListing Of(SocketPage found, Page page)
    {
        var (connections, next) = page.Cut(
            found.Sockets, static one => new ConnectionItem(one.ConnectionId, one.UserId.Length == 0 ? null : one.UserId, one.Job), static one => one.ConnectionId);
        return new(found.Total, connections, next);
    }
}

/// <summary>A connection.</summary>
internal sealed record ConnectionItem(string ConnectionId, string? UserId, string Job);

/// <summary>How many connections something was done to.</summary>
internal sealed record ConnectionCount(int Connections);

/// <summary>How many users something was sent to.</summary>
internal sealed record UserCount(int Users);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UserListing))]
[JsonSerializable(typeof(UserView))]
[JsonSerializable(typeof(ConnectionListing))]
[JsonSerializable(typeof(ConnectionCount))]
[JsonSerializable(typeof(UserCount))]
internal sealed partial class UserJson : JsonSerializerContext;
