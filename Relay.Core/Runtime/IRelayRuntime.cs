using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What the gateway speaks to: the hubs in this process, or a cluster of them.</summary>
public interface IRelayRuntime
{
    /// <summary>The rooms.</summary>
    IRoomRuntime Rooms { get; }

    /// <summary>The peers.</summary>
    IPeerRuntime Peers { get; }

    /// <summary>The nodes.</summary>
    INodeRuntime Nodes { get; }

    /// <summary>The sockets, of all jobs.</summary>
    ISocketRuntime Sockets { get; }

    /// <summary>The answers that are kept for back ends.</summary>
    IAnswerRuntime Answers { get; }

    /// <summary>Who else counts against tenants' limits.</summary>
    ILimitRuntime Limits { get; }

    /// <summary>
    /// Finds or makes the user's hub and joins the connection to it. On success the connection has been given its
    /// <c>welcome</c>, and must be ended with <see cref="RuntimeLink.Leave"/>.
    /// </summary>
    /// <param name="user">Whose hub.</param>
    /// <param name="connection">The connection.</param>
    /// <returns>The connection's link, or why there is none.</returns>
    ValueTask<JoinResult> JoinAsync(UserKey user, IHubConnection connection);

    /// <summary>Sends a frame to all connections of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>The connections that it went to.</returns>
    ValueTask<int> PushToUserAsync(UserKey user, Frame frame);

    /// <summary>Sends a frame to one connection of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="connectionId">The connection.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>False when the user has no such connection.</returns>
    ValueTask<bool> PushToConnectionAsync(UserKey user, string connectionId, Frame frame);

    /// <summary>Sends a frame to all connections of all members of a group.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="group">The group.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>The users that it went to.</returns>
    ValueTask<int> PushToGroupAsync(TenantId tenant, string group, Frame frame);

    /// <summary>Makes a user a member of a group, as long as the user's hub lives.</summary>
    /// <param name="user">The user.</param>
    /// <param name="group">The group, an id of 1 to 256 bytes.</param>
    /// <returns>False when the user has no hub, or is in as many groups as it may.</returns>
    ValueTask<bool> JoinGroupAsync(UserKey user, string group);

    /// <summary>Ends a user's membership in a group.</summary>
    /// <param name="user">The user.</param>
    /// <param name="group">The group.</param>
    /// <returns>False when the user has no hub.</returns>
    ValueTask<bool> LeaveGroupAsync(UserKey user, string group);

    /// <summary>Gives a failed plugin of a user another life.</summary>
    /// <param name="user">The user.</param>
    /// <param name="prefix">The plugin.</param>
    /// <returns>False when the user has no hub, or the plugin is not failed.</returns>
    ValueTask<bool> RevivePluginAsync(UserKey user, string prefix);

    /// <summary>The process stops: no hub is made any more, joins are refused with <c>going_away</c>, and plugins end in good order, each within the cancel timeout.</summary>
    /// <returns>A task that ends when no hub is left.</returns>
    Task StopAsync();

    /// <summary>Describes hubs, in the order of their users' ids.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="after">Only users behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The hubs, and how many the tenant has in all.</returns>
    ValueTask<HubPage> ListHubsAsync(TenantId tenant, string? after, int limit);

    /// <summary>Describes a user's hub.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The hub, or null when the user has none.</returns>
    ValueTask<HubDescription?> DescribeAsync(UserKey user);

    /// <summary>Lists the users that have hubs, in the order of their ids.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="after">Only users behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The users, and how many the tenant has in all.</returns>
    ValueTask<UserPage> ListUsersAsync(TenantId tenant, string? after, int limit);

    /// <summary>Lists the members of a group, in the order of their ids.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="group">The group.</param>
    /// <param name="after">Only users behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The members, and how many the group has in all; none when there is no such group.</returns>
    ValueTask<UserPage> ListGroupAsync(TenantId tenant, string group, string? after, int limit);
}

/// <summary>What became of a join.</summary>
/// <param name="Link">The link, when the connection was welcomed.</param>
/// <param name="Error">Why not, otherwise.</param>
public readonly record struct JoinResult(HubLink? Link, ErrorCode? Error);

/// <summary>A part of the list of hubs.</summary>
/// <param name="Total">Hubs of the tenant.</param>
/// <param name="Connections">Connections of the tenant.</param>
/// <param name="Hubs">The hubs asked for.</param>
public sealed record HubPage(int Total, long Connections, IReadOnlyList<HubDescription> Hubs);

/// <summary>A part of a list of users.</summary>
/// <param name="Total">How many there are in all.</param>
/// <param name="Users">The users asked for.</param>
public sealed record UserPage(int Total, IReadOnlyList<UserInfo> Users)
{
    /// <summary>Makes one of the parts of several lists.</summary>
    /// <param name="pages">Each with as many as are asked for.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The page.</returns>
    public static UserPage Merge(IReadOnlyCollection<UserPage> pages, int limit) => new(
        pages.Sum(static page => page.Total), [.. pages.SelectMany(static page => page.Users).OrderBy(static user => user.UserId, StringComparer.Ordinal).Take(limit)]);
}
