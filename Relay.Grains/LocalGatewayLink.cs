using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// The link of the gateway in the hub's own process. A message is a method call, and no answer or push
/// is written for the cluster. Nobody's loss is noticed here, because hub and gateway are lost together.
/// </summary>
internal sealed class LocalGatewayLink(UserHubActor hub, OrleansRuntime gateway, long epoch) : GatewayLink(hub, epoch)
{
    private readonly string _user = hub.Key.ToActorKey();
    private volatile bool _isClosed;

    /// <summary>The hub takes nothing more.</summary>
    public bool IsClosed => _isClosed;

    public override bool IsLost => gateway.IsOver;

    public void Send(LinkedConnection connection, in ClientEnvelope message) => Hub.Take(connection, message);

    public override void Close()
    {
        // First, so that a gateway that is about to use the link either sees it or is told.
        _isClosed = true;
        gateway.Find(_user)?.Detach(this);
    }

    public override Task TellGroups(in Delivery item)
    {
        gateway.Find(_user)?.Take(item);
        return Task.CompletedTask;
    }

    public override void Moved() => gateway.Find(_user)?.Resync();

    public override Task FlushAsync() => Task.CompletedTask;

    public override void End()
    {
    }

    protected override IGatewayConnection? New(ConnectionInfo info) => gateway.Find(_user)?.Give(info.Id, this);
}
