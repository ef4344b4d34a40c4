using Relay.Agent;
using Relay.Tests.Support;

namespace Relay.Tests.Agent;

/// <summary>The surroundings of an agent's command in a test.</summary>
internal sealed class AgentRig : IStopSignals, IDisposable
{
    private readonly CancellationTokenSource _finish = new();
    private readonly CancellationTokenSource _hurry = new();

    public StringWriter Out { get; } = new();

    public LineWriter Error { get; } = new();

    public Dictionary<string, string> Environment { get; } = [];

    public CancellationToken Finish => _finish.Token;

    public CancellationToken Hurry => _hurry.Token;

    public AgentContext Context(TimeProvider? time = null) => new()
    {
        Time = time ?? new ManualTime(),
        Random = new Random(1),
        Out = TextWriter.Synchronized(Out),
        Error = TextWriter.Synchronized(Error),
        Environment = name => Environment.GetValueOrDefault(name),
        Stopping = this,
    };

    public void Stop() => _finish.Cancel();

    public void StopNow() => _hurry.Cancel();

    public void Dispose()
    {
        _finish.Dispose();
        _hurry.Dispose();
    }
}
