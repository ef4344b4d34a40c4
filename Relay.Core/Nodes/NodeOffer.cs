namespace Relay.Core.Nodes;

/// <summary>What a node says of itself.</summary>
/// <param name="NodeId">Its id, one of the tenant's.</param>
/// <param name="Models">What it serves.</param>
/// <param name="Capacity">How many requests it takes at once.</param>
public sealed record NodeOffer(string NodeId, IReadOnlyList<string> Models, int Capacity);

/// <summary>What a caller wants.</summary>
/// <param name="Model">The model.</param>
/// <param name="Caller">Who asks: callers take turns when they have to wait.</param>
/// <param name="Affinity">Calls with the same one go to the same node while it has room, for the sake of what it has cached; null for none.</param>
public sealed record NodeAsk(string Model, string Caller, string? Affinity = null)
{
    /// <summary>Nodes that have failed at it: it goes to another.</summary>
    public IReadOnlyCollection<string> Without { get; init; } = [];
}

/// <summary>Why a call gets no node.</summary>
public enum CallRefusal
{
    /// <summary>No node of the tenant serves the model.</summary>
    UnknownModel,

    /// <summary>None had room in time, or too many wait already.</summary>
    Busy,

    /// <summary>Those that serve the model have all failed at this call.</summary>
    NoOther,
}

/// <summary>What bounds a tenant's nodes.</summary>
/// <param name="QueueTime">How long a call may wait for a node.</param>
/// <param name="QueueLength">How many may wait for one model.</param>
/// <param name="MaxNodes">Nodes of the tenant.</param>
public sealed record NodePoolLimits(TimeSpan QueueTime, int QueueLength, int MaxNodes)
{
    /// <summary>Affinities that are remembered; the one that was longest unused is forgotten first.</summary>
    public int MaxAffinities { get; init; } = 10_000;
}

/// <summary>A node, to look at.</summary>
/// <param name="Offer">What it offers.</param>
/// <param name="InFlight">Requests that it has.</param>
/// <param name="IsDraining">It is given no new ones.</param>
public sealed record NodeDescription(NodeOffer Offer, int InFlight, bool IsDraining);

/// <summary>A model, to look at.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Nodes">Nodes that serve it.</param>
/// <param name="Waiting">Calls that wait for it.</param>
public sealed record ModelDescription(string Model, int Nodes, int Waiting);
