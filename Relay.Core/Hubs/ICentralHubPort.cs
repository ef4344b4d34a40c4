namespace Relay.Core.Hubs;

/// <summary>What a central hub causes. Calls never block and never call back in the same turn.</summary>
/// <typeparam name="THub">How the runtime names a user hub.</typeparam>
public interface ICentralHubPort<THub>
    where THub : class
{
    /// <summary>Makes a user hub.</summary>
    /// <param name="user">Whose.</param>
    /// <returns>The hub, or null when it cannot be made.</returns>
    THub? CreateHub(UserKey user);

    /// <summary>Asks a hub to end; the answer is <see cref="CentralHub{THub}.Activity"/> (it refuses) or <see cref="CentralHub{THub}.Ended"/>.</summary>
    /// <param name="hub">The hub.</param>
    /// <param name="joins">The joins that were routed to it, on which the decision rests.</param>
    void AskToEnd(THub hub, long joins);

    /// <summary>Has a hub end its plugins because the process stops; the answer is <see cref="CentralHub{THub}.Ended"/>.</summary>
    /// <param name="hub">The hub.</param>
    void Stop(THub hub);

    /// <summary>After <see cref="CentralHub{THub}.Stop"/>: no hub is left.</summary>
    void Stopped();

    /// <summary>A hub has been forgotten because it was asked to end and nothing was heard from it. Should it still live, it has to end for good.</summary>
    /// <param name="hub">The hub.</param>
    void Abandon(THub hub);
}
