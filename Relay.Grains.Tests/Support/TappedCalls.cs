using Orleans;

namespace Relay.Grains.Tests.Support;

/// <summary>Lets a test hold calls up, or lose them or their answers.</summary>
internal sealed class TappedCalls : IOutgoingGrainCallFilter
{
    private Func<IOutgoingGrainCallContext, Task>? _tap;

    public Task Invoke(IOutgoingGrainCallContext context) => Volatile.Read(ref _tap) is { } tap ? tap(context) : context.Invoke();

    /// <summary>From now on every call goes by this, which has it made or not.</summary>
    public void Tap(Func<IOutgoingGrainCallContext, Task> tap) => Volatile.Write(ref _tap, tap);
}
