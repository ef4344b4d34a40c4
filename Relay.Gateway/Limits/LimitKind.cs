namespace Relay.Gateway.Limits;

/// <summary>A limit of <c>limits.*</c>. The names are those of the settings, and the labels of the metrics.</summary>
internal enum LimitKind
{
    TenantConnections,
    TenantConnects,
    TenantMessages,
    TenantBytes,
    UserConnections,
    UserConnects,
    UserMessages,
    UserBytes,
    AddressConnections,
    AddressConnects,
}

/// <summary>What limits refused and slowed down, by limit.</summary>
internal sealed class LimitCounters
{
    public static readonly LimitKind[] Kinds = Enum.GetValues<LimitKind>();

    private readonly long[] _refused = new long[Kinds.Length];
    private long _slowed;

    /// <summary>Times that a connection was not read for a while because of a rate.</summary>
    public long Slowed => Interlocked.Read(ref _slowed);

    public long Refused(LimitKind kind) => Interlocked.Read(ref _refused[(int)kind]);

    public void CountRefused(LimitKind kind) => Interlocked.Increment(ref _refused[(int)kind]);

    public void CountSlowed() => Interlocked.Increment(ref _slowed);

    /// <summary>The limit as a label.</summary>
    public static string Name(LimitKind kind) => kind switch
    {
        LimitKind.TenantConnections => "tenant_connections",
        LimitKind.TenantConnects => "tenant_connects_per_second",
        LimitKind.TenantMessages => "tenant_messages_per_second",
        LimitKind.TenantBytes => "tenant_bytes_per_second",
        LimitKind.UserConnections => "user_connections",
        LimitKind.UserConnects => "user_connects_per_second",
        LimitKind.UserMessages => "user_messages_per_second",
        LimitKind.UserBytes => "user_bytes_per_second",
        LimitKind.AddressConnections => "address_connections",
        LimitKind.AddressConnects => "address_connects_per_second",
    };
}

/// <summary>A limit that was met by a request.</summary>
/// <param name="Kind">Which.</param>
/// <param name="RetryAfter">How long until the request would have been taken, where that is known.</param>
internal readonly record struct LimitRefusal(LimitKind Kind, TimeSpan RetryAfter)
{
    /// <summary>A sentence for people.</summary>
    public string Message => $"This is more than limits.{LimitCounters.Name(Kind)} allows.";
}
