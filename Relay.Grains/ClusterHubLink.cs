using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A connection's way to a hub somewhere in the cluster.</summary>
internal sealed class ClusterHubLink(UserLink user, LinkedConnection connection) : HubLink
{
    public override void Send(in ClientEnvelope message)
    {
        if (user.Local is { } hub) hub.Send(connection, message);
        else user.Send(connection, message);
    }

    public override void Leave() => user.Leave(connection);
}

/// <summary>A connection of this gateway, with what the cluster has told of it.</summary>
internal sealed class LinkedConnection(UserLink user, IHubConnection connection, long number) : IRoomWaiter, IGatewayConnection
{
    private readonly TaskCompletionSource _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IHubConnection Connection => connection;

    public long Number => number;

    /// <summary>The hub in this process that has taken it, last.</summary>
    public LocalGatewayLink? Hub { get; set; }

    /// <summary>The connection as hubs are told of it.</summary>
    public ConnectionInfo Info => ConnectionInfo.Of(connection.Id, connection.Identity, IsJoined, number);

    /// <summary>A hub has welcomed it: the welcome has gone to the connection.</summary>
    public bool IsJoined => _welcomed.Task.IsCompleted;

    /// <summary>Ends with the welcome.</summary>
    public Task Welcomed => _welcomed.Task;

    /// <summary>The epoch of the hub that was last told that the connection's outbox is full, and has not been told yet that there is room again; or 0.</summary>
    public long BlockedAt { get; set; }

    /// <summary>Its detached requests.</summary>
    public int KeptOpen { get; set; }

    public void Welcome() => _welcomed.TrySetResult();

    void IGatewayConnection.End()
    {
    }

    public void RoomAgain(IHubConnection connection) => user.RoomAgain(this);
}
