using Relay.Core.Protocol;

namespace Relay.Core.Hubs;

/// <summary>What a user hub causes. Calls never block and never call back in the same turn.</summary>
/// <remarks>A plugin is named by its index in the registry.</remarks>
public interface IUserHubPort
{
    /// <summary>A number higher than any given before, for a new plugin instance.</summary>
    /// <returns>The number.</returns>
    long NextIncarnation();

    /// <summary>Starts a plugin instance; the answer is <see cref="UserHub.PluginStarted"/> or <see cref="UserHub.PluginCrashed"/>.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="incarnation">The instance's number.</param>
    void StartPlugin(int plugin, long incarnation);

    /// <summary>Puts a message into a plugin's inbox, where it waits if the plugin is not running.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="connection">Who sent it.</param>
    /// <param name="message">The message.</param>
    void PostToPlugin(int plugin, IHubConnection connection, in ClientEnvelope message);

    /// <summary>Tells a plugin instance that the user's clients have come or gone.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="present">True for 0 → 1, false for 1 → 0.</param>
    void TellPresence(int plugin, bool present);

    /// <summary>Tells a plugin that a connection has closed.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="connection">The connection.</param>
    void ConnectionLeft(int plugin, IHubConnection connection);

    /// <summary>A plugin is failed: every message that waits for it is answered <c>plugin_failed</c>.</summary>
    /// <param name="plugin">The plugin.</param>
    void FailPlugin(int plugin);

    /// <summary>The hub ends and a plugin with it: every message that waits for it is handed back, see <see cref="IHubConnection.HandBack"/>.</summary>
    /// <param name="plugin">The plugin.</param>
    void HandBackWaiting(int plugin);

    /// <summary>Ends an instance within the cancel timeout, and hands back what it has not begun with; the answer is <see cref="UserHub.PluginEnded"/>.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="incarnation">The instance's number.</param>
    void EndPlugin(int plugin, long incarnation);

    /// <summary>Tells the central hub how many clients there are.</summary>
    /// <param name="clients">The number.</param>
    /// <param name="joins">Joins that the hub has seen in its life; the central hub compares it with those that it sent.</param>
    void ReportActivity(int clients, long joins);

    /// <summary>Tells the central hub that the hub has ended.</summary>
    /// <param name="joins">Joins that the hub has seen in its life.</param>
    /// <param name="forGood">Whether a join that is on its way would be refused.</param>
    void ReportEnded(long joins, bool forGood);

    /// <summary>Tells the central hub of a group that the user has joined or left.</summary>
    /// <param name="group">The group.</param>
    /// <param name="member">Joined or left.</param>
    void ReportGroup(string group, bool member);

    /// <summary>A plugin's news changed its state; for the log and the counters.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="status">Its state now.</param>
    void PluginChanged(int plugin, PluginStatus status);

    /// <summary>Tells whoever wants to know of the user's presence.</summary>
    /// <param name="kind">What has happened.</param>
    /// <param name="subject">The connection.</param>
    /// <param name="connections">How many there are now.</param>
    void Tell(RelayEventKind kind, string subject, int connections)
    {
    }
}
