using Relay.Core.Errors;
using Relay.Core.Peers;

namespace Relay.Core.Runtime;

/// <summary>What a turn of pipes is given: an end has come, or has closed.</summary>
internal readonly record struct PipesInput(PipeKey Pipe, IPipeEnd End, bool IsSecond, bool HasClosed);

/// <summary>Hosts a share of the pipes that wait for their second end. A pipe that is complete is not here any more.</summary>
internal sealed class PipesActor(LocalPeers peers, RuntimeClock clock) : Mailbox<PipesInput>(clock), IPeerPipePort<IPipeEnd>
{
    private readonly Dictionary<PipeKey, PeerPipe<IPipeEnd>> _pipes = [];

    void IPeerPipePort<IPipeEnd>.Pair(IPipeEnd held, IPipeEnd arrived)
    {
        held.Pair(arrived);
        arrived.Pair(held);
    }

    void IPeerPipePort<IPipeEnd>.Replaced(IPipeEnd older) => older.Close(CloseReason.Replaced);

    protected override void OnTurn(in PipesInput input, Turn turn)
    {
        if (!_pipes.TryGetValue(input.Pipe, out var pipe))
        {
            if (input.HasClosed) return;
            _pipes.Add(input.Pipe, pipe = new(input.Pipe.IsLoop, this));
        }

        if (input.HasClosed) pipe.Leave(input.End);
        else pipe.Arrive(input.End, input.IsSecond);
        if (pipe.IsEmpty) _pipes.Remove(input.Pipe);
    }

    protected override void OnFault(Exception exception) => peers.TurnFault(exception, "pipe");
}

/// <summary>An end's link in the same process.</summary>
internal sealed class LocalPipeLink(PipesActor actor, PipeKey pipe, bool isSecond, IPipeEnd end) : RuntimeLink
{
    public override void Leave() => actor.Post(new(pipe, end, isSecond, HasClosed: true));
}
