namespace Relay.Abstractions;

/// <summary>A handler wanted to detach a request while the plugin already has <c>plugins.max_open_requests</c> open ones of this user.</summary>
/// <remarks>Passing through a handler it is no crash: the client is answered with the plugin's prefix and <c>busy</c>.</remarks>
public sealed class TooManyOpenRequestsException(int limit) : Exception($"The plugin has {limit} open requests of this user already.");
