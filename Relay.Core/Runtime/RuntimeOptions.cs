using Relay.Core.Answers;
using Relay.Core.Hubs;
using Relay.Core.Nodes;
using Relay.Core.Plugins;
using Relay.Core.Rooms;

namespace Relay.Core.Runtime;

/// <summary>What bounds a runtime.</summary>
/// <param name="Hubs">Bounds of hubs.</param>
/// <param name="Restarts">How many crashes a plugin is forgiven.</param>
/// <param name="Inbox">Bounds of a plugin's inbox and handlers.</param>
/// <param name="MaxOpenRequests">Detached requests of one plugin and user.</param>
/// <param name="MaxAbandoned">Abandoned handlers of one plugin in one tenant; at that number its messages are answered <c>plugin_failed</c> until some have ended.</param>
public sealed record RuntimeOptions(HubLimits Hubs, RestartPolicy Restarts, InboxLimits Inbox, int MaxOpenRequests, int MaxAbandoned)
{
    /// <summary>Bounds of rooms, and what each does.</summary>
    public RoomOptions Rooms { get; init; } = new([], 100_000);

    /// <summary>Bounds of peers.</summary>
    public PeerOptions Peers { get; init; } = new(10_000);

    /// <summary>Bounds of a tenant's nodes.</summary>
    public NodePoolLimits Nodes { get; init; } = new(TimeSpan.FromSeconds(30), 100, 1000);

    /// <summary>Bounds of the answers that are kept for a tenant's back ends.</summary>
    public AnswerLimits Answers { get; init; } = new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), 100_000, 64 << 20);

    /// <summary>The prefixes of the plugins that users have; null for all.</summary>
    public IReadOnlySet<string>? Plugins { get; init; }

    /// <summary>Counts the changes of what tenants get.</summary>
    public TenantEdition Edition { get; init; } = new();

    /// <summary>What a tenant gets; null where all get the same.</summary>
    public Func<TenantId, RuntimeOptions>? Tenants { get; init; }

    /// <summary>How often time limits are looked at; they are kept with this precision.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>What a tenant gets now. Whoever keeps it asks again when <see cref="Edition"/> has moved.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <returns>Its bounds.</returns>
    public RuntimeOptions Of(TenantId tenant) => Tenants?.Invoke(tenant) ?? this;
}
