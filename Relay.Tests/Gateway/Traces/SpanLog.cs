using System.Collections.Concurrent;
using System.Diagnostics;
using Relay.Core.Telemetry;

namespace Relay.Tests.Gateway.Traces;

/// <summary>Tests that listen to spans: a listener is the whole process's, and others measure what a relay costs that is not traced.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TracesCollection
{
    public const string Name = "Traces";
}

/// <summary>Listens to the relay's spans and keeps those that have ended.</summary>
internal sealed class SpanLog : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly SemaphoreSlim _more = new(0);

    /// <param name="takes">What becomes of a span that begins; all are kept when nothing is said.</param>
    public SpanLog(SampleActivity<ActivityContext>? takes = null)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == RelayTrace.SourceName,
            Sample = takes ?? ((ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded),
            ActivityStopped = span =>
            {
                _ended.Enqueue(span);
                _more.Release();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyCollection<Activity> Ended => _ended;

    /// <summary>The span of that name in a trace, once it has ended.</summary>
    public async Task<Activity> EndedAsync(string name, string trace)
    {
        while (true)
        {
            if (_ended.FirstOrDefault(span => span.DisplayName == name && span.TraceId.ToHexString() == trace) is { } found) return found;
            Assert.True(await _more.WaitAsync(Bound), $"No span '{name}' of the trace {trace}; ended: {string.Join(", ", _ended.Select(static span => span.DisplayName))}");
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _more.Dispose();
    }

    /// <summary>A client's own trace.</summary>
    public static (string Trace, string Span, string Traceparent) NewParent(bool sampled = true)
    {
        var (trace, span) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        return (trace, span, $"00-{trace}-{span}-{(sampled ? "01" : "00")}");
    }
}
