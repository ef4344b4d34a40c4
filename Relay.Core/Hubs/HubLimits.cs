namespace Relay.Core.Hubs;

/// <summary>What bounds a hub.</summary>
/// <param name="MaxConnectionsPerUser">Connections that a user may have at once.</param>
/// <param name="InactivityTimeout">How long a hub without clients lives.</param>
/// <param name="CancelTimeout">How long its plugins may take to end.</param>
/// <param name="MaxUserHubs">Hubs that a tenant may have.</param>
public sealed record HubLimits(int MaxConnectionsPerUser, TimeSpan InactivityTimeout, TimeSpan CancelTimeout, int MaxUserHubs)
{
    /// <summary>Messages that all connections of a user may send in a second; a burst of as many passes at once. 0 for no limit.</summary>
    public int MaxMessagesPerSecond { get; init; }

    /// <summary>Groups that a user may be in.</summary>
    public int MaxGroupsPerUser { get; init; } = 1000;

    /// <summary>How often idle hubs are looked for: a hub lives at most the timeout and one interval.</summary>
    public TimeSpan CollectionInterval => InactivityTimeout / 2.5;
}
