namespace Relay.Core.Hubs;

/// <summary>What happens to a user's presence.</summary>
public enum HubEventKind
{
    /// <summary>A connection was welcomed.</summary>
    Connected,

    /// <summary>A connection has left.</summary>
    Disconnected,

    /// <summary>The user's first connection has come.</summary>
    FirstIn,

    /// <summary>The user's last connection has left.</summary>
    LastOut,

    /// <summary>A plugin of the user was marked failed.</summary>
    PluginFailed,
}

/// <summary>Something that has happened at a user's hub.</summary>
/// <param name="User">The user.</param>
/// <param name="Kind">What.</param>
/// <param name="Subject">The connection, or the plugin's prefix.</param>
/// <param name="Connections">How many connections the user has now.</param>
public readonly record struct HubEvent(UserKey User, HubEventKind Kind, string Subject, int Connections);

/// <summary>Somebody who wants to know what happens at hubs: those of one user in their order.</summary>
public interface IHubEvents
{
    /// <summary>Something has happened. Called within a hub's turn: it never blocks and never calls back.</summary>
    /// <param name="happened">What.</param>
    void Tell(in HubEvent happened);
}
