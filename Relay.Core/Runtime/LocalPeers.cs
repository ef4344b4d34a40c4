using System.Collections.Concurrent;
using Relay.Core.Peers;

namespace Relay.Core.Runtime;

/// <summary>What bounds peers.</summary>
/// <param name="MaxDocuments">Documents that one socket may be interested in.</param>
public sealed record PeerOptions(int MaxDocuments);

/// <summary>The peers of one process.</summary>
internal sealed class LocalPeers : IPeerRuntime
{
    // Spread over actors only so that many pipes that begin at once do not wait for each other.
    private const int Actors = 16;

    private readonly ConcurrentDictionary<TenantId, IntroductionsActor> _introductions = new();
    private readonly PipesActor[] _pipes;
    private readonly RuntimeClock _clock;
    private readonly Action<Exception, string> _fault;

    internal LocalPeers(RuntimeOptions options, RuntimeClock clock, Action<Exception, string> fault)
    {
        (Options, _clock, _fault) = (options, clock, fault);
        _pipes = [.. Enumerable.Range(0, Actors).Select(_ => new PipesActor(this, clock))];
    }

    internal RuntimeOptions Options { get; }

    public PeerLink Open(PeerKey peer, IPeerConnection connection)
    {
        var actor = _introductions.GetOrAdd(peer.Tenant, static (tenant, peers) => new(peers, tenant, peers._clock), this);
        actor.Post(IntroductionsInput.Open(connection, peer.PeerId));
        return new LocalPeerLink(actor, connection);
    }

    public RuntimeLink Connect(PipeKey pipe, bool isSecond, IPipeEnd end)
    {
        var actor = _pipes[(uint)pipe.GetHashCode() % Actors];
        actor.Post(new(pipe, end, isSecond, HasClosed: false));
        return new LocalPipeLink(actor, pipe, isSecond, end);
    }

    internal void TurnFault(Exception exception, string actor) => _fault(exception, actor);
}
