namespace Relay.Core.Limits;

/// <summary>What a gateway uses of a tenant's limits.</summary>
/// <param name="Connections">Sockets that are open.</param>
/// <param name="ConnectsPerSecond">Sockets opened, and HTTP requests, a second.</param>
/// <param name="MessagesPerSecond">Messages a second.</param>
/// <param name="BytesPerSecond">Their bytes.</param>
public readonly record struct LimitUse(long Connections, long ConnectsPerSecond, long MessagesPerSecond, long BytesPerSecond);
