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
    private long _unanswered;

    /// <summary>Times that a connection was not read for a while because of a rate.</summary>
    public long Slowed => Interlocked.Read(ref _slowed);

    /// <summary>Sockets and requests of users that were refused because nobody answered what the cluster leaves of their limits.</summary>
    public long Unanswered => Interlocked.Read(ref _unanswered);

    public long Refused(LimitKind kind) => Interlocked.Read(ref _refused[(int)kind]);

    public void CountRefused(LimitKind kind) => Interlocked.Increment(ref _refused[(int)kind]);

    public void CountUnanswered() => Interlocked.Increment(ref _unanswered);

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
    /// <summary>Whether it is not known if it was met: whoever counts in the cluster did not answer.</summary>
    public bool IsUnanswered { get; init; }

    /// <summary>A sentence for people.</summary>
    public string Message => IsUnanswered ? $"What limits.{LimitCounters.Name(Kind)} leaves is not known now." : $"This is more than limits.{LimitCounters.Name(Kind)} allows.";
}
