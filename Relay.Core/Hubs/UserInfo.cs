namespace Relay.Core.Hubs;

/// <summary>A user that has a hub.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Connections">Connections to the hub, as it last reported them.</param>
public readonly record struct UserInfo(string UserId, int Connections);
