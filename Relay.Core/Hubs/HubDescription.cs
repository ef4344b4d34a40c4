namespace Relay.Core.Hubs;

/// <summary>A user's hub as an operator sees it.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Phase">active or ending.</param>
/// <param name="IdleFor">How long the hub has had no client; zero while it has one.</param>
/// <param name="Connections">Ids of the connections.</param>
/// <param name="Groups">Groups that the user is in.</param>
/// <param name="Plugins">Every plugin's state.</param>
public sealed record HubDescription(
    string UserId, string Phase, TimeSpan IdleFor, IReadOnlyList<string> Connections, IReadOnlyList<string> Groups, IReadOnlyList<PluginDescription> Plugins);

/// <summary>A plugin of a user as an operator sees it.</summary>
/// <param name="Prefix">The plugin.</param>
/// <param name="Status">pending, running, stopped or failed.</param>
/// <param name="Crashes">Crashes that count against it.</param>
public sealed record PluginDescription(string Prefix, string Status, int Crashes);
