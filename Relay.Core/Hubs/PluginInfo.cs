namespace Relay.Core.Hubs;

/// <summary>What a user hub has to know of a plugin.</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="AutoStart">Whether it starts with the hub.</param>
/// <param name="RequiredScope">The scope that a sender must hold, or null.</param>
public sealed record PluginInfo(string Prefix, bool AutoStart, string? RequiredScope);
