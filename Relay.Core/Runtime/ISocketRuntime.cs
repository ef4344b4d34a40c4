using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>A tenant's sockets at all gateways, of all jobs: whose they are, and an end to them.</summary>
/// <remarks>The truth about sockets is at the edge: it is asked for there, and kept nowhere else. A gateway that cannot be reached makes the call fail.</remarks>
public interface ISocketRuntime
{
    /// <summary>This process has sockets. Before the first of them.</summary>
    /// <param name="host">They.</param>
    void Serve(ISocketHost host);

    /// <summary>Sends a frame to all connections of all hubs of a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>The connections that it went to.</returns>
    ValueTask<int> PushToAllAsync(TenantId tenant, Frame frame);

    /// <summary>Lists sockets in the order of their ids.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="which">Which of the tenant's.</param>
    /// <param name="after">Only sockets behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The sockets, and how many there are in all.</returns>
    ValueTask<SocketPage> ListAsync(TenantId tenant, SocketChoice which, string? after, int limit);

    /// <summary>Closes sockets.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="which">Which of the tenant's.</param>
    /// <param name="error">What they are told.</param>
    /// <returns>How many were open.</returns>
    ValueTask<int> CloseAsync(TenantId tenant, SocketChoice which, ErrorCode error);
}

/// <summary>The sockets of one gateway process. Any thread; no call blocks.</summary>
public interface ISocketHost
{
    /// <summary>See <see cref="ISocketRuntime.PushToAllAsync"/>.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>The connections that it went to.</returns>
    int PushToAll(TenantId tenant, Frame frame);

    /// <summary>See <see cref="ISocketRuntime.ListAsync"/>.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="which">Which of the tenant's.</param>
    /// <param name="after">Only sockets behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The sockets of this process.</returns>
    SocketPage List(TenantId tenant, SocketChoice which, string? after, int limit);

    /// <summary>See <see cref="ISocketRuntime.CloseAsync"/>.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="which">Which of the tenant's.</param>
    /// <param name="error">What they are told.</param>
    /// <returns>How many were open.</returns>
    int Close(TenantId tenant, SocketChoice which, ErrorCode error);
}

/// <summary>Which of a tenant's sockets: all, unless something is given.</summary>
/// <param name="UserId">Those of this user.</param>
/// <param name="ConnectionId">The one of this id.</param>
public readonly record struct SocketChoice(string? UserId = null, string? ConnectionId = null)
{
    /// <summary>Whether a socket is among them.</summary>
    /// <param name="userId">Its user, or empty.</param>
    /// <param name="connectionId">Its id.</param>
    /// <returns>True when it is.</returns>
    public bool Has(string userId, string connectionId) => (UserId is null || UserId == userId) && (ConnectionId is null || ConnectionId == connectionId);
}

/// <summary>A socket, to look at.</summary>
/// <param name="ConnectionId">Its id.</param>
/// <param name="UserId">Whose it is; empty when it is nobody's.</param>
/// <param name="Job">What it is for: hub, room, introduction, pipe, node or tunnel.</param>
public sealed record SocketInfo(string ConnectionId, string UserId, string Job);

/// <summary>A part of a list of sockets.</summary>
/// <param name="Total">How many there are in all.</param>
/// <param name="Sockets">Those asked for.</param>
public sealed record SocketPage(int Total, IReadOnlyList<SocketInfo> Sockets)
{
    /// <summary>Takes a page out of sockets in any order.</summary>
    /// <param name="total">How many there are in all.</param>
    /// <param name="sockets">The sockets.</param>
    /// <param name="after">Only sockets behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The page.</returns>
    public static SocketPage Of(int total, IEnumerable<SocketInfo> sockets, string? after, int limit) => new(
        total,
        [.. sockets.Where(socket => after is null || string.CompareOrdinal(socket.ConnectionId, after) > 0).OrderBy(static socket => socket.ConnectionId, StringComparer.Ordinal).Take(limit)]);
}
