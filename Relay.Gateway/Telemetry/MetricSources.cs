using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Storage;
using Relay.Gateway.Tunnel;
using Relay.Gateway.Webhooks;

namespace Relay.Gateway.Telemetry;

/// <summary>The parts that count, each in plain fields of its own; <see cref="RelayInstruments"/> says what of them is told.</summary>
internal sealed record MetricSources
{
    public GatewayCounters Gateway { get; init; } = new();

    /// <summary>Null where nobody connects: in a silo.</summary>
    public ConnectionCensus? Connections { get; init; }

    public TunnelCounters Tunnels { get; init; } = new();

    public LimitCounters Limits { get; init; } = new();

    /// <summary>Usage by tenant; null where no tenant is counted.</summary>
    public TenantSeries? Tenants { get; init; }

    public RuntimeCounters Runtime { get; init; } = new();

    public RoomCounters Rooms { get; init; } = new();

    public NodeCounters Nodes { get; init; } = new();

    public NodeCallCounters Calls { get; init; } = new();

    public WebhookCounters Webhooks { get; init; } = new();

    /// <summary>Null where nothing is kept.</summary>
    public IDurableStore? Store { get; init; }

    /// <summary>Null in a process of its own.</summary>
    public ClusterHealth? Cluster { get; init; }

    public DrainProgress Drain { get; init; } = new();

    public OtlpExports Otlp { get; init; } = new();
}
