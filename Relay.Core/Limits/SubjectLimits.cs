namespace Relay.Core.Limits;

/// <summary>What bounds a tenant, a user or an address. 0 is no limit, of each.</summary>
/// <param name="Connections">Sockets at a time.</param>
/// <param name="ConnectsPerSecond">Sockets opened, and HTTP requests, with a burst of one second's worth.</param>
/// <param name="MessagesPerSecond">Messages to the relay, the same.</param>
/// <param name="BytesPerSecond">Their bytes.</param>
public sealed record SubjectLimits(int Connections = 0, int ConnectsPerSecond = 0, int MessagesPerSecond = 0, long BytesPerSecond = 0)
{
    /// <summary>No limit at all.</summary>
    public static SubjectLimits None { get; } = new();

    /// <summary>Whether there is none.</summary>
    public bool IsNone => Connections == 0 && ConnectsPerSecond == 0 && !HasTraffic;

    /// <summary>Whether what connections send is bounded.</summary>
    public bool HasTraffic => MessagesPerSecond > 0 || BytesPerSecond > 0;
}
