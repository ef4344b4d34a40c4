using System.Diagnostics;
using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Telemetry;

/// <summary>The relay's spans: where they come from, and the names of all of them and of their attributes.</summary>
/// <remarks>
/// An attribute says whose a span is and what became of it, never what a client sent: the only text of a client's that may stand in one
/// is a short plain topic.
/// </remarks>
public static class RelayTrace
{
    /// <summary>The source of all spans.</summary>
    public static readonly ActivitySource Source = new(SourceName, typeof(RelayTrace).Assembly.GetName().Version?.ToString(3));

    /// <summary>The name of <see cref="Source"/>.</summary>
    public const string SourceName = "Relay";

    /// <summary>Server: a message of a client to its user's hub, from its arrival until its outcome is on its way back.</summary>
    public const string HubMessage = "hub message";

    /// <summary>Consumer: the same in the process of the hub, where that is another one than the client's gateway.</summary>
    public const string HubDispatch = "hub dispatch";

    /// <summary>Internal: a plugin's code with a message. A detached request goes on after it.</summary>
    public const string PluginHandle = "plugin handle";

    /// <summary>Client: a call that runs on a node, with its wait in the queue and all its attempts.</summary>
    public const string NodeCall = "node call";

    /// <summary>Event of <see cref="NodeCall"/>: a node has the call.</summary>
    public const string NodeAttempt = "node attempt";

    /// <summary>Event of <see cref="NodeCall"/>: the node's answer has begun.</summary>
    public const string NodeAnswer = "node answer";

    /// <summary>Client: the connection to a tunnel's target.</summary>
    public const string TunnelDial = "tunnel dial";

    /// <summary>Client: one try to deliver a tenant's events.</summary>
    public const string WebhookDeliver = "webhook deliver";

    /// <summary>Client: the question whether somebody may connect.</summary>
    public const string ConnectHook = "connect hook";

    /// <summary>The tenant.</summary>
    public const string Tenant = "relay.tenant";

    /// <summary>The connection's id, as the API and the logs have it.</summary>
    public const string Connection = "relay.connection.id";

    /// <summary>The plugin's prefix.</summary>
    public const string Plugin = "relay.plugin";

    /// <summary>The number of the plugin's instance.</summary>
    public const string Incarnation = "relay.plugin.incarnation";

    /// <summary>A message's type without the prefix, where it is short and plain.</summary>
    public const string Topic = "relay.topic";

    /// <summary>A message's bytes.</summary>
    public const string MessageSize = "messaging.message.body.size";

    /// <summary>The address's form, without what its user put into it.</summary>
    public const string Route = "http.route";

    /// <summary>The request's method.</summary>
    public const string Method = "http.request.method";

    /// <summary>The answer's status.</summary>
    public const string StatusCode = "http.response.status_code";

    /// <summary>The scheme of the request.</summary>
    public const string Scheme = "url.scheme";

    /// <summary>What went wrong: a code of the relay's or a plugin's, or an exception's type.</summary>
    public const string ErrorType = "error.type";

    /// <summary>The node's id.</summary>
    public const string Node = "relay.node.id";

    /// <summary>Which attempt it is, from 1 on.</summary>
    public const string Attempt = "relay.attempt";

    /// <summary>The host of a tunnel's target, as its client named it.</summary>
    public const string ServerAddress = "server.address";

    /// <summary>The port of a tunnel's target.</summary>
    public const string ServerPort = "server.port";

    private const int LongestTopic = 64;

    /// <summary>Whether anybody listens. Asked for every message: all the cost of a relay that is not traced.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Begins a span that belongs to no thread: <see cref="Activity.Current"/> stays what it was.</summary>
    /// <param name="name">One of the names.</param>
    /// <param name="kind">Its side.</param>
    /// <param name="parent">What it belongs to; a default one begins a trace.</param>
    /// <returns>The span, or null where nobody wants it.</returns>
    public static Activity? Begin(string name, ActivityKind kind, ActivityContext parent)
    {
        var current = Activity.Current;
        // Without a parent the source would take the current one.
        Activity.Current = null;
        var span = Source.StartActivity(name, kind, parent);
        Activity.Current = current;
        return span;
    }

    /// <summary>Ends a span on whatever thread: <see cref="Activity.Current"/> stays what it was, unless it is the span itself.</summary>
    /// <param name="span">The span.</param>
    /// <param name="error">What went wrong, or null.</param>
    public static void End(Activity span, string? error = null)
    {
        if (error is not null && span.IsAllDataRequested)
        {
            span.SetTag(ErrorType, error);
            span.SetStatus(ActivityStatusCode.Error);
        }

        var current = Activity.Current;
        span.Stop();
        Activity.Current = ReferenceEquals(current, span) ? span.Parent : current;
    }

    /// <summary>Lets a line of the log belong to a span, also one that has ended.</summary>
    /// <param name="span">The span, or null.</param>
    /// <returns>What ends that.</returns>
    public static Scope Within(Activity? span) => span is null ? default : new(span.Context);

    /// <summary>Lets a line of the log belong to a span of whatever process.</summary>
    /// <param name="span">The span; a default one is none.</param>
    /// <returns>What ends that.</returns>
    public static Scope Within(ActivityContext span) => span == default ? default : new(span);

    /// <summary>The span that a line of the log belongs to.</summary>
    /// <param name="current">The current one.</param>
    /// <returns>Its id.</returns>
    public static ActivitySpanId SpanOf(Activity current) => current is Line ? current.ParentSpanId : current.SpanId;

    /// <summary>Ends the span of a message with an error of the relay's.</summary>
    /// <param name="message">The message, traced or not.</param>
    /// <param name="code">The error.</param>
    public static void End(in ClientEnvelope message, ErrorCode code)
    {
        if (message.Span is { } span) End(span, ErrorCatalogue.Of(code).Code);
    }

    /// <summary>A topic as it may stand in an attribute.</summary>
    /// <param name="topic">The topic.</param>
    /// <returns>The topic, or null when it is no plain name.</returns>
    internal static string? Plain(string topic)
    {
        if (topic.Length is 0 or > LongestTopic) return null;
        foreach (var c in topic)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.')) return null;
        return topic;
    }

    /// <summary>As long as what is logged belongs to a span.</summary>
    public readonly ref struct Scope
    {
        private readonly Line? _line;

        internal Scope(ActivityContext span)
        {
            _line = new();
            _line.SetParentId(span.TraceId, span.SpanId, span.TraceFlags);
            _line.Start();
        }

        /// <summary>What was current before is so again.</summary>
        public void Dispose() => _line?.Stop();
    }

    // Stands for a span while a line is logged: the framework lets none be the current one that has ended, or is another process'.
    private sealed class Line() : Activity("log");
}
