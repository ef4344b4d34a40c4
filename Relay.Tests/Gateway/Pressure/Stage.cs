using System.Collections.Concurrent;

namespace Relay.Tests.Gateway.Pressure;

/// <summary>Where plugins and tests meet: plugin code arrives at a place and waits there until the test opens it.</summary>
internal sealed class Stage
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Place> _places = new();

    /// <summary>Plugin code passes a place.</summary>
    public void Pass(string place) => At(place).Arrived.Release();

    /// <summary>Plugin code arrives at a place and waits, whatever its token says.</summary>
    public Task HoldAsync(string place)
    {
        Pass(place);
        return At(place).Gate.Task;
    }

    /// <summary>Plugin code arrives at a place and blocks its thread there.</summary>
    public void Block(string place)
    {
        Pass(place);
        At(place).Gate.Task.Wait(Bound);
    }

    /// <summary>The test waits until plugin code has arrived at a place.</summary>
    public Task ArrivedAsync(string place) => At(place).Arrived.WaitAsync().WaitAsync(Bound);

    /// <summary>The test lets everybody on who is at a place, and who comes later.</summary>
    public void Open(string place) => At(place).Gate.TrySetResult();

    public void OpenAll()
    {
        foreach (var (_, place) in _places) place.Gate.TrySetResult();
    }

    private Place At(string place) => _places.GetOrAdd(place, static _ => new());

    private sealed class Place
    {
        public SemaphoreSlim Arrived { get; } = new(0);

        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
