namespace Relay.Gateway.Limits;

/// <summary>What a tenant has used of this process since the process began. Any thread may count.</summary>
internal sealed class TenantUsage
{
    private long _connectionsOpened;
    private long _connectionsClosed;
    private long _messagesIn;
    private long _bytesIn;
    private long _messagesOut;
    private long _bytesOut;
    private long _requests;
    private long _tunnels;
    private long _tunnelUp;
    private long _tunnelDown;
    private long _promptTokens;
    private long _completionTokens;
    private long _refused;

    public void CountOpened() => Interlocked.Increment(ref _connectionsOpened);

    public void CountClosed() => Interlocked.Increment(ref _connectionsClosed);

    public void CountIn(long messages, long bytes)
    {
        Interlocked.Add(ref _messagesIn, messages);
        Interlocked.Add(ref _bytesIn, bytes);
    }

    public void CountOut(long messages, long bytes)
    {
        Interlocked.Add(ref _messagesOut, messages);
        Interlocked.Add(ref _bytesOut, bytes);
    }

    public void CountRequest() => Interlocked.Increment(ref _requests);

    public void CountTunnel() => Interlocked.Increment(ref _tunnels);

    public void CountTunnelBytes(long up, long down)
    {
        Interlocked.Add(ref _tunnelUp, up);
        Interlocked.Add(ref _tunnelDown, down);
    }

    public void CountTokens(long prompt, long completion)
    {
        Interlocked.Add(ref _promptTokens, prompt);
        Interlocked.Add(ref _completionTokens, completion);
    }

    public void CountRefused() => Interlocked.Increment(ref _refused);

    /// <summary>What was counted until now.</summary>
    public UsageCounts Read()
    {
        // What is closed first: a connection that opens and closes meanwhile must not make the difference negative.
        var closed = Interlocked.Read(ref _connectionsClosed);
        return new()
        {
            ConnectionsOpened = Interlocked.Read(ref _connectionsOpened),
            ConnectionsClosed = closed,
            MessagesIn = Interlocked.Read(ref _messagesIn),
            BytesIn = Interlocked.Read(ref _bytesIn),
            MessagesOut = Interlocked.Read(ref _messagesOut),
            BytesOut = Interlocked.Read(ref _bytesOut),
            Requests = Interlocked.Read(ref _requests),
            Tunnels = Interlocked.Read(ref _tunnels),
            TunnelBytesUp = Interlocked.Read(ref _tunnelUp),
            TunnelBytesDown = Interlocked.Read(ref _tunnelDown),
            PromptTokens = Interlocked.Read(ref _promptTokens),
            CompletionTokens = Interlocked.Read(ref _completionTokens),
            Refused = Interlocked.Read(ref _refused),
        };
    }
}

/// <summary>Usage at one moment.</summary>
internal readonly record struct UsageCounts
{
    public long ConnectionsOpened { get; init; }

    public long ConnectionsClosed { get; init; }

    /// <summary>To the relay; those of HTTP requests included.</summary>
    public long MessagesIn { get; init; }

    public long BytesIn { get; init; }

    /// <summary>From the relay.</summary>
    public long MessagesOut { get; init; }

    public long BytesOut { get; init; }

    /// <summary>HTTP requests that were admitted.</summary>
    public long Requests { get; init; }

    public long Tunnels { get; init; }

    public long TunnelBytesUp { get; init; }

    public long TunnelBytesDown { get; init; }

    public long PromptTokens { get; init; }

    public long CompletionTokens { get; init; }

    /// <summary>Connections, messages and requests that a limit refused.</summary>
    public long Refused { get; init; }

    public static UsageCounts operator +(UsageCounts one, UsageCounts other) => new()
    {
        ConnectionsOpened = one.ConnectionsOpened + other.ConnectionsOpened,
        ConnectionsClosed = one.ConnectionsClosed + other.ConnectionsClosed,
        MessagesIn = one.MessagesIn + other.MessagesIn,
        BytesIn = one.BytesIn + other.BytesIn,
        MessagesOut = one.MessagesOut + other.MessagesOut,
        BytesOut = one.BytesOut + other.BytesOut,
        Requests = one.Requests + other.Requests,
        Tunnels = one.Tunnels + other.Tunnels,
        TunnelBytesUp = one.TunnelBytesUp + other.TunnelBytesUp,
        TunnelBytesDown = one.TunnelBytesDown + other.TunnelBytesDown,
        PromptTokens = one.PromptTokens + other.PromptTokens,
        CompletionTokens = one.CompletionTokens + other.CompletionTokens,
        Refused = one.Refused + other.Refused,
    };
}
