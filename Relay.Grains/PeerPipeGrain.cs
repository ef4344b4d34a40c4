using Orleans.Placement;
using Relay.Core;
using Relay.Core.Peers;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Hosts a <see cref="PeerPipe{TEnd}"/>: it knows who waits where, and nothing of what is said.</summary>
[PreferLocalPlacement]
internal sealed class PeerPipeGrain(ClusterOptions cluster, TimeProvider time) : Grain, IPeerPipeGrain, IPeerPipePort<PipeEndRef>
{
    private PeerPipe<PipeEndRef> _pipe = null!;
    private PipeEndRef? _waits;
    private bool _waitsIsSecond;
    private bool _isLoop;
    private long _heard;
    private PipeEndRef? _partner;
    private PipeEndRef? _replaced;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _isLoop = PipeKey.FromActorKey(this.GetPrimaryKeyString()).IsLoop;
        _pipe = new(_isLoop, this);
        return Task.CompletedTask;
    }

    public Task<PipeReply> Arrive(PipeEndRef end, bool isSecond, PipeEndRef? gone)
    {
        (_partner, _replaced) = (null, null);
        if (gone is not null) _pipe.Leave(gone);
        // Who waits says so again and again, as long as its gateway lives.
        if (_waits is { } waits && time.GetElapsedTime(_heard) > cluster.Lease) _pipe.Leave(waits);
        // An older end that says again that it waits has been overtaken by the one that replaced it.
        if (!_isLoop && !_pipe.IsEmpty && _waits is { } newer && _waitsIsSecond == isSecond && IsOlder(end, newer)) return Task.FromResult(new PipeReply(null, end));
        _pipe.Arrive(end, isSecond);
        if (_partner is null) (_waits, _waitsIsSecond, _heard) = (end, isSecond, time.GetTimestamp());
        EndIfIdle();
        return Task.FromResult(new PipeReply(_partner, _replaced));
    }

    public Task Leave(PipeEndRef end)
    {
        _pipe.Leave(end);
        EndIfIdle();
        return Task.CompletedTask;
    }

    void IPeerPipePort<PipeEndRef>.Pair(PipeEndRef held, PipeEndRef arrived) => _partner = held;

    void IPeerPipePort<PipeEndRef>.Replaced(PipeEndRef older) => _replaced = older;

    private static bool IsOlder(PipeEndRef one, PipeEndRef other) =>
        one.Gateway.Id == other.Gateway.Id ? one.Number < other.Number : one.Born < other.Born;

    private void EndIfIdle()
    {
        if (_pipe.IsEmpty) DeactivateOnIdle();
    }
}
