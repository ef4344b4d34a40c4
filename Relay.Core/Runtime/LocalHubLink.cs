using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>The link of a connection to a hub in the same process: a method call.</summary>
internal sealed class LocalHubLink(UserHubActor hub, IHubConnection connection) : HubLink
{
    public override void Send(in ClientEnvelope message) => hub.Take(connection, message);

    public override void Leave() => hub.Post(HubInput.Leave(connection));
}
