using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Peers;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The peers of a gateway in a cluster, and its trunks to the other gateways.</summary>
internal sealed class ClusterPeers : IPeerRuntime, ITrunkCarrier, IDisposable
{
    private readonly ConcurrentDictionary<TenantId, ClusterIntroductions> _introductions = new();
    private readonly ConcurrentDictionary<ClusterPipeEnd, bool> _waiting = new();
    private readonly ConcurrentDictionary<string, GatewayRef> _gateways = new();
    private readonly OrleansRuntime _runtime;
    private readonly RuntimeClock _clock;
    private readonly Lazy<Trunks> _trunks;
    private readonly ITimer _repetition;

    public ClusterPeers(OrleansRuntime runtime, RuntimeOptions bounds)
    {
        (_runtime, Bounds, _clock) = (runtime, bounds, new(runtime.Time));
        // A gateway has its name once it has started.
        _trunks = new(() => new(
            Gateway.Id, this, new(Options.SyncInterval, Options.Lease, Options.RetryDelay), Time, Told, TurnFault, Log.GatewayUnreachable));
        _repetition = Time.CreateTimer(static state => ((ClusterPeers)state!).Repeat(), this, Options.SyncInterval, Options.SyncInterval);
    }

    internal RuntimeOptions Bounds { get; }

    internal Trunks Trunks => _trunks.Value;

    internal ClusterOptions Options => _runtime.Options;

    internal TimeProvider Time => _runtime.Time;

    internal ClusterLog Log => _runtime.Log;

    internal GatewayRef Gateway => _runtime.Gateway;

    internal bool IsOver => _runtime.IsOver;

    public PeerLink Open(PeerKey peer, IPeerConnection connection)
    {
        var introductions = Introductions(peer.Tenant);
        introductions.Run(rule => rule.Open(peer.PeerId, connection));
        return new ClusterPeerLink(introductions, connection);
    }

    public RuntimeLink Connect(PipeKey pipe, bool isSecond, IPipeEnd end)
    {
        var far = new ClusterPipeEnd(this, pipe, isSecond, end);
        _waiting.TryAdd(far, true);
        far.Ask();
        return far;
    }

    public Task CarryAsync(string gateway, TrunkBatch batch) =>
        _gateways.TryGetValue(gateway, out var known)
            ? known.Observer.Carry(new(Gateway, batch.Birth, batch.Number, [.. batch.Items.Select(static item => TrunkPart.Of(item))])).WaitAsync(Options.CallTimeout, Time)
            : throw new InvalidOperationException("The gateway is not known.");

    /// <summary>A batch has come from another gateway.</summary>
    public void Receive(TrunkMessage message)
    {
        Learn(message.From);
        Trunks.Receive(message.ToBatch());
    }

    public void Dispose()
    {
        _repetition.Dispose();
        if (_trunks.IsValueCreated) _trunks.Value.Dispose();
    }

    internal IDocumentGrain Document(DocumentKey document) => _runtime.Grains.Document(document);

    internal IPeerPipeGrain Pipe(PipeKey pipe) => _runtime.Grains.Pipe(pipe);

    /// <summary>How another gateway is reached.</summary>
    internal void Learn(GatewayRef gateway)
    {
        if (gateway.Id != Gateway.Id) _gateways[gateway.Id] = gateway;
    }

    /// <summary>An end has its partner, and need not be asked for any more.</summary>
    internal void Met(ClusterPipeEnd end) => _waiting.TryRemove(end, out _);

    internal void Forget(ClusterPipeEnd end, long number)
    {
        _waiting.TryRemove(end, out _);
        Trunks.Remove(number);
    }

    internal void TurnFault(Exception exception)
    {
        Interlocked.Increment(ref _runtime.Counters.TurnFaultsValue);
        Log.PeersFailed(exception);
    }

    private ClusterIntroductions Introductions(TenantId tenant) => _introductions.GetOrAdd(tenant, static (key, peers) => new(peers, key, peers._clock), this);

    // A peer elsewhere is introduced to one of this gateway's.
    private void Told(string gateway, TrunkItem item)
    {
        if (item.Texts is not [var tenant, var peer, var other, .. var documents]) return;
        Introductions(new(tenant)).Run(rule => rule.Introduce(peer, new Introduction(other, documents)));
    }

    // What is soft in documents and pipes comes back by this when they were lost.
    private void Repeat()
    {
        foreach (var (_, introductions) in _introductions) introductions.Repeat();
        foreach (var (end, _) in _waiting) end.Ask();
    }
}
