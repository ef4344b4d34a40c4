using Relay.Core.Nodes;

namespace Relay.Grains.Wire;

/// <summary>A node's socket, or a call, wherever it is.</summary>
/// <param name="Gateway">Its gateway.</param>
/// <param name="Number">The socket or the call, at that gateway.</param>
[GenerateSerializer, Immutable, Alias("relay.NodeEndRef")]
internal sealed record NodeEndRef([property: Id(0)] GatewayRef Gateway, [property: Id(1)] long Number)
{
    // A gateway's directory may have changed since.
    public bool Equals(NodeEndRef? other) => other is not null && Number == other.Number && Gateway.Id == other.Gateway.Id;

    public override int GetHashCode() => HashCode.Combine(Gateway.Id, Number);
}

/// <summary>What a gateway tells a tenant's pool.</summary>
internal enum NodeTellingKind
{
    /// <summary>The gateway lives.</summary>
    Beat,

    /// <summary>A node offers something.</summary>
    Offer,

    /// <summary>A pool that began anew learns of a call that a node has.</summary>
    Has,

    /// <summary>A node that was probed lives.</summary>
    Answered,

    /// <summary>A node has left.</summary>
    Leave,

    /// <summary>A node has ended a call.</summary>
    Done,

    /// <summary>A call wants a node.</summary>
    Ask,

    /// <summary>A call is over.</summary>
    Withdraw,

    /// <summary>A call wants a stream of another gateway.</summary>
    Read,

    /// <summary>A stream is to begin at the gateway, or has begun there.</summary>
    Claim,

    /// <summary>A stream of the gateway is not there any more.</summary>
    Release,

    /// <summary>All that the gateway has was told before this.</summary>
    Told,
}

/// <summary>One thing that a gateway tells.</summary>
/// <param name="Kind">What, a <see cref="NodeTellingKind"/>.</param>
/// <param name="Node">The node's number at the gateway, or the claim's.</param>
/// <param name="Call">The call, wherever it is.</param>
/// <param name="Offer">What the node offers.</param>
/// <param name="Ask">What the call wants.</param>
/// <param name="Serial">Counts the call's askings; of a claim 1 when it had been granted, of an offer 1 when the node is drained.</param>
/// <param name="Stream">The stream's id.</param>
[GenerateSerializer, Immutable, Alias("relay.NodeTelling")]
internal sealed record NodeTelling(
    [property: Id(0)] int Kind,
    [property: Id(1)] long Node = 0,
    [property: Id(2)] NodeEndRef? Call = null,
    [property: Id(3)] NodeOfferView? Offer = null,
    [property: Id(4)] NodeAskView? Ask = null,
    [property: Id(5)] int Serial = 0,
    [property: Id(6)] string? Stream = null);

/// <summary>What a node offers; see <see cref="NodeOffer"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.NodeOfferView")]
internal sealed record NodeOfferView([property: Id(0)] string NodeId, [property: Id(1)] string[] Models, [property: Id(2)] int Capacity)
{
    public static NodeOfferView Of(NodeOffer offer) => new(offer.NodeId, [.. offer.Models], offer.Capacity);

    public NodeOffer ToOffer() => new(NodeId, Models, Capacity);
}

/// <summary>What a call wants; see <see cref="NodeAsk"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.NodeAskView")]
internal sealed record NodeAskView([property: Id(0)] string Model, [property: Id(1)] string Caller, [property: Id(2)] string? Affinity, [property: Id(3)] string[] Without)
{
    public static NodeAskView Of(NodeAsk ask) => new(ask.Model, ask.Caller, ask.Affinity, [.. ask.Without]);

    public NodeAsk ToAsk() => new(Model, Caller, Affinity) { Without = Without };
}

/// <summary>What a pool tells a gateway.</summary>
internal enum NodeNewsKind
{
    /// <summary>A node is taken.</summary>
    Accept,

    /// <summary>A node is not taken.</summary>
    TurnAway,

    /// <summary>Does a node live?</summary>
    Probe,

    /// <summary>A node gets no new calls.</summary>
    Drain,

    /// <summary>A node gets new calls again.</summary>
    Resume,

    /// <summary>A node has a call.</summary>
    Start,

    /// <summary>A call gets no node, or no stream.</summary>
    Refuse,

    /// <summary>A stream of the gateway is wanted elsewhere.</summary>
    Serve,

    /// <summary>The gateway that was to begin a call is lost, and perhaps never began it.</summary>
    Lost,

    /// <summary>A claim is granted.</summary>
    Granted,

    /// <summary>There is a stream with the claimed id.</summary>
    Denied,
}

/// <summary>One thing that a pool tells.</summary>
/// <param name="Kind">What, a <see cref="NodeNewsKind"/>.</param>
/// <param name="Number">The node at the gateway that is told, or the call, or the claim.</param>
/// <param name="Call">The call that a node has, or that wants a stream.</param>
/// <param name="Serial">The call's asking that this answers.</param>
/// <param name="Reason">Why.</param>
/// <param name="Waited">How long the call has waited.</param>
/// <param name="Stream">The stream's id.</param>
[GenerateSerializer, Immutable, Alias("relay.NodeNews")]
internal sealed record NodeNews(
    [property: Id(0)] int Kind,
    [property: Id(1)] long Number,
    [property: Id(2)] NodeEndRef? Call = null,
    [property: Id(3)] int Serial = 0,
    [property: Id(4)] int Reason = 0,
    [property: Id(5)] TimeSpan Waited = default,
    [property: Id(6)] string? Stream = null);

/// <summary>News of a tenant's pool, in order. A batch that comes twice counts once.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Life">The pool's life; what comes from a lower one than before is late.</param>
/// <param name="Number">Counts the batches to this gateway in this life.</param>
/// <param name="Items">The news.</param>
[GenerateSerializer, Immutable, Alias("relay.NodeNewsBatch")]
internal sealed record NodeNewsBatch([property: Id(0)] string Tenant, [property: Id(1)] long Life, [property: Id(2)] long Number, [property: Id(3)] NodeNews[] Items);

/// <summary>A tenant's nodes, to look at.</summary>
[GenerateSerializer, Immutable, Alias("relay.NodeListingView")]
internal sealed record NodeListingView([property: Id(0)] NodeView[] Nodes, [property: Id(1)] ModelView[] Models);

/// <summary>A node, to look at.</summary>
[GenerateSerializer, Immutable, Alias("relay.NodeView")]
internal sealed record NodeView([property: Id(0)] NodeOfferView Offer, [property: Id(1)] int InFlight, [property: Id(2)] bool IsDraining);

/// <summary>A model, to look at.</summary>
[GenerateSerializer, Immutable, Alias("relay.ModelView")]
internal sealed record ModelView([property: Id(0)] string Model, [property: Id(1)] int Nodes, [property: Id(2)] int Waiting);
