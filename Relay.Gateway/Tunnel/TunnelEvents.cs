using System.Globalization;
using Relay.Core;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>What a tenant's own program is told of tunnels. Where they go to is told to nobody but the relay's own log.</summary>
internal sealed class TunnelEvents(IRelayEvents events)
{
    private long _last;

    /// <summary>A tunnel is open.</summary>
    /// <returns>Its name, this process's own.</returns>
    public string Opened(TunnelOwner who)
    {
        var name = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        events.Tell(new(who.Tenant, RelayEventKind.TunnelOpened, name) { UserId = who.UserId });
        return name;
    }

    /// <summary>A tunnel that was open has ended.</summary>
    public void Closed(TunnelOwner who, string name, long up, long down, TunnelEnd why) =>
        events.Tell(new(who.Tenant, RelayEventKind.TunnelClosed, name) { UserId = who.UserId, BytesUp = up, BytesDown = down, Reason = why.Name() });
}
