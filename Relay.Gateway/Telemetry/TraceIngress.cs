using System.Diagnostics;
using Relay.Core.Telemetry;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// Where traces begin or come in: whether one is kept is decided here once. What a client says of its trace is taken, but not its word that the
/// trace is to be kept, nor the trace id's low bits, which it chose: otherwise each client could have every message traced.
/// </summary>
/// <param name="now">The settings as they are now.</param>
/// <param name="chance">A number from 0 up to 1.</param>
internal sealed class TraceIngress(Func<RelayTracesOptions> now, Func<double> chance)
{
    public TraceIngress(TenantDirectory tenants)
        : this(() => tenants.Settings.Traces, Random.Shared.NextDouble)
    {
    }

    /// <summary>Whether a trace that begins here is kept.</summary>
    public bool IsKept() => chance() < now().SampleRatio;

    /// <summary>What a client's message or request belongs to; default when it begins a trace.</summary>
    public ActivityContext Parent(ReadOnlySpan<byte> traceparent) => Traceparent.TryRead(traceparent, out var told) ? Judge(told, null) : default;

    /// <summary>What a client's request belongs to, and what goes on with it; default when it begins a trace.</summary>
    /// <param name="traceparent">The header.</param>
    /// <param name="tracestate">The headers of that name: nothing without the other.</param>
    public ActivityContext Parent(string? traceparent, IReadOnlyList<string?> tracestate) => Traceparent.TryRead(traceparent, out var told) ? Judge(told, Tracestate.Read(tracestate)) : default;

    private ActivityContext Judge(ActivityContext told, string? state)
    {
        var isKept = now().TrustParent ? told.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) : IsKept();
        return new(told.TraceId, told.SpanId, isKept ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, state, isRemote: true);
    }
}
