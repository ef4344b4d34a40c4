using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Runtime;

namespace Relay.Grains;

/// <summary>A connection's way to a hub somewhere in the cluster.</summary>
internal sealed class ClusterHubLink(UserLink user, LinkedConnection connection) : HubLink
{
    public override void Send(in ClientEnvelope message) => user.Send(connection, message);

    public override void Leave() => user.Leave(connection);
}

/// <summary>A connection of this gateway, with what the cluster has told of it.</summary>
internal sealed class LinkedConnection(UserLink user, IHubConnection connection) : IRoomWaiter
{
    public IHubConnection Connection => connection;

    /// <summary>A hub has welcomed it.</summary>
    public bool IsJoined { get; set; }

    /// <summary>Its detached requests.</summary>
    public int KeptOpen { get; set; }

    public void RoomAgain(IHubConnection connection) => user.RoomAgain(this);
}
