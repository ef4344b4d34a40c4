using Orleans.Concurrency;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A part of a tenant's directory of hubs.</summary>
[Alias("relay.ICentralHubGrain")]
internal interface ICentralHubGrain : IGrainWithStringKey
{
    /// <summary>A connection wants to join its user's hub.</summary>
    [AlwaysInterleave, Alias("Route")]
    Task<RouteReply> Route(string userId);

    /// <summary>Whether the user may have a hub. A directory that has begun anew does not know yet who has none.</summary>
    [AlwaysInterleave, Alias("MayKnow")]
    Task<bool> MayKnow(string userId);

    /// <summary>A hub tells of its clients; see <see cref="Core.Hubs.CentralHub{THub}.Reported"/>.</summary>
    /// <param name="userId">Whose hub.</param>
    /// <param name="epoch">The hub's epoch.</param>
    /// <param name="clients">Its clients.</param>
    /// <param name="joins">Joins that it has seen.</param>
    /// <param name="groups">All groups of the user, or null when it has told of them already.</param>
    /// <returns>False when they are not known: they are to be told.</returns>
    [AlwaysInterleave, Alias("Report")]
    Task<bool> Report(string userId, long epoch, int clients, long joins, string[]? groups);

    /// <summary>A hub has ended.</summary>
    [AlwaysInterleave, Alias("Ended")]
    Task Ended(string userId, long epoch);

    /// <summary>A user has joined or left a group.</summary>
    [AlwaysInterleave, Alias("Group")]
    Task Group(string userId, long epoch, string group, bool member);

    /// <summary>Sends a frame to the part's members of a group.</summary>
    /// <returns>The users that it went to.</returns>
    [AlwaysInterleave, Alias("PushToGroup")]
    Task<int> PushToGroup(string group, [Immutable] byte[] frame);

    /// <summary>Lists hubs.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<DirectoryPage> List(string? after, int limit);

    /// <summary>Lists the part's users.</summary>
    [AlwaysInterleave, Alias("Users")]
    Task<DirectoryUsers> Users(string? after, int limit);

    /// <summary>Lists the part's members of a group.</summary>
    [AlwaysInterleave, Alias("Members")]
    Task<DirectoryUsers> Members(string group, string? after, int limit);

    /// <summary>It is time to look for idle hubs.</summary>
    [AlwaysInterleave, Alias("Collect")]
    Task Collect();
}
