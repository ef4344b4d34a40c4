using System.Diagnostics;
using Relay.Core.Plugins;
using Relay.Core.Telemetry;

namespace Relay.Core.Runtime;

/// <summary>
/// The span of a plugin's code with a message. While the code runs, also behind its awaits, it is <see cref="Activity.Current"/>: calls that the code
/// makes by HTTP carry it on, and spans of its own belong to it.
/// </summary>
internal sealed class PluginSpan
{
    private readonly Activity? _before;
    private readonly Activity _span;

    private PluginSpan(Activity? before, Activity span) => (_before, _span) = (before, span);

    /// <summary>Begins it on this thread.</summary>
    /// <param name="message">The message's span.</param>
    /// <param name="request">The message.</param>
    /// <param name="prefix">The plugin.</param>
    /// <returns>The span; where nobody wants one, what stands for the message's.</returns>
    internal static PluginSpan Begin(Activity message, PluginRequest request, string prefix)
    {
        var before = Activity.Current;
        Activity.Current = null;
        var span = RelayTrace.Source.StartActivity(RelayTrace.PluginHandle, ActivityKind.Internal, message.Context);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag(RelayTrace.Tenant, request.Identity.Tenant);
            span.SetTag(RelayTrace.Connection, request.ConnectionId);
            span.SetTag(RelayTrace.Plugin, prefix);
            span.SetTag(RelayTrace.Incarnation, request.Incarnation);
            if (RelayTrace.Plain(request.Topic) is { } topic) span.SetTag(RelayTrace.Topic, topic);
        }

        // Not sampled there is no span of its own; the code sees the message's, so that what it calls learns of the trace.
        if (span is null) Activity.Current = message;
        return new(before, span ?? message);
    }

    /// <summary>The code has given the thread back.</summary>
    internal void Leave() => Activity.Current = _before;

    /// <summary>The code has ended.</summary>
    /// <param name="error">What came out of it. Its text may have a client's in it, its type has not.</param>
    internal void End(Exception? error)
    {
        Leave();
        if (_span.OperationName == RelayTrace.PluginHandle) RelayTrace.End(_span, error?.GetType().FullName);
    }
}
