using System.Collections.Concurrent;
using System.Threading.Channels;
using Relay.Core;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>How a test and its plugins speak: gates that handlers wait at, news that they tell, faults that are planned.</summary>
internal sealed class Probe : IDisposable, IRelayEvents
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();
    private readonly ConcurrentDictionary<string, Channel<string>> _news = new();
    private readonly ConcurrentDictionary<string, int> _faults = new();
    private int _instances;

    /// <summary>What has happened: as news named <c>events-USER</c>, or <c>events-ROOM</c>.</summary>
    void IRelayEvents.Tell(in RelayEvent happened) =>
        Tell("events-" + (happened.UserId.Length > 0 ? happened.UserId : happened.Subject), $"{happened.Kind} {happened.Subject} {happened.Connections}");

    public int NextInstance() => Interlocked.Increment(ref _instances);

    public Task Gate(string name) => _gates.GetOrAdd(name, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Open(string name) => _gates.GetOrAdd(name, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public void Tell(string name, string what = "") => News(name).Writer.TryWrite(what);

    public Task<string> HeardAsync(string name) => News(name).Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    /// <summary>Plans a fault for the next calls of a part of a plugin.</summary>
    public void Plan(string part, int calls) => _faults[part] = calls;

    public void Fault(string part)
    {
        if (_faults.TryGetValue(part, out var calls) && calls > 0 && _faults.TryUpdate(part, calls - 1, calls)) throw new InvalidOperationException($"planned: {part}");
    }

    public void Dispose()
    {
        foreach (var gate in _gates.Values) gate.TrySetResult();
    }

    private Channel<string> News(string name) => _news.GetOrAdd(name, static _ => Channel.CreateUnbounded<string>());
}
