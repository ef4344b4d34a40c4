using System.Diagnostics;
using Relay.Core;
using Relay.Core.Nodes;
using Relay.Core.Telemetry;

namespace Relay.Gateway.Nodes;

/// <summary>The span of a call that runs on a node. The node's agent passes it on to its model server, as a header of the request.</summary>
internal sealed class CallTrace
{
    /// <summary>As many headers as <see cref="Add"/> adds at the most.</summary>
    public const int Headers = 2;

    /// <summary>Their bytes at the most.</summary>
    public const int HeaderBytes = 11 + Traceparent.Length + 10 + Tracestate.MaxLength;

    private const string ParentHeader = "traceparent";
    private const string StateHeader = "tracestate";

    private readonly Activity _span;
    private int _attempts;
    private string? _error;

    private CallTrace(Activity span) => _span = span;

    /// <summary>Begins it, as a part of what runs here.</summary>
    /// <returns>The span, or null when nobody wants one.</returns>
    public static CallTrace? Begin(TenantId tenant, string? caller)
    {
        if (!RelayTrace.IsOn || RelayTrace.Begin(RelayTrace.NodeCall, ActivityKind.Client, Activity.Current?.Context ?? default) is not { } span) return null;
        span.SetTag(RelayTrace.Tenant, tenant.Name);
        if (caller is not null) span.SetTag(RelayTrace.Plugin, caller);
        return new(span);
    }

    /// <summary>The headers of the request, and the span's.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Add(CallTrace? trace, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        trace is null ? headers
        : trace._span.TraceStateString is { Length: > 0 } state ? [.. headers, new(ParentHeader, Traceparent.Write(trace._span.Context)), new(StateHeader, state)]
        : [.. headers, new(ParentHeader, Traceparent.Write(trace._span.Context))];

    /// <summary>Lets a line of the log belong to the trace that a request names, wherever it began.</summary>
    public static RelayTrace.Scope Within(CallRequest request)
    {
        if (RelayTrace.IsOn)
            foreach (var (name, value) in request.Headers)
                if (name == ParentHeader) return Traceparent.TryRead(value, out var context) ? RelayTrace.Within(context) : default;
        return default;
    }

    /// <summary>A node has the call.</summary>
    public void Started(string node)
    {
        _attempts++;
        _span.SetTag(RelayTrace.Node, node);
        _span.AddEvent(new(RelayTrace.NodeAttempt, tags: new ActivityTagsCollection { [RelayTrace.Node] = node, [RelayTrace.Attempt] = _attempts }));
    }

    /// <summary>The node's answer has begun.</summary>
    public void Answered(int status)
    {
        _span.SetTag(RelayTrace.StatusCode, status);
        _span.AddEvent(new(RelayTrace.NodeAnswer));
    }

    /// <summary>The call has no good end.</summary>
    public void Failed(string error) => _error ??= error;

    public void End() => RelayTrace.End(_span, _error);
}
