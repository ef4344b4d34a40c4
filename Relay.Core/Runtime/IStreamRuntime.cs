namespace Relay.Core.Runtime;

/// <summary>
/// Makes streams that outlive their readers' connections known to all gateways. What a stream has stays at the gateway where it began, its home; others read it
/// from there.
/// </summary>
public interface IStreamRuntime
{
    /// <summary>What this gateway has of streams. Set before the first one begins.</summary>
    IStreamHome? Home { get; set; }

    /// <summary>A stream is to begin at this gateway.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="id">Its id, of which the tenant has one stream at a time.</param>
    /// <returns>The claim to the id; null when another gateway has a stream with it.</returns>
    /// <exception cref="TimeoutException">Nobody could say whether there is one.</exception>
    ValueTask<StreamClaim?> ClaimAsync(TenantId tenant, string id);

    /// <summary>Somebody wants a stream that is not here.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="id">Its id.</param>
    /// <param name="caller">Who, with a request that homes understand. Refused when no gateway has the stream.</param>
    /// <returns>The link by which it asks, to be ended with <see cref="RuntimeLink.Leave"/>; null where there is no other gateway.</returns>
    CallLink? Find(TenantId tenant, string id, INodeCaller caller);
}

/// <summary>The streams of a gateway, as others want them.</summary>
public interface IStreamHome
{
    /// <summary>Somebody at another gateway wants a stream. Any thread; never blocks.</summary>
    /// <param name="tenant">Whose stream.</param>
    /// <param name="id">Its id.</param>
    /// <param name="caller">Who.</param>
    void Begin(TenantId tenant, string id, INodeCaller caller);
}

/// <summary>The right to the only stream of a tenant with an id.</summary>
public abstract class StreamClaim
{
    /// <summary>The stream is not there any more. More than once means nothing.</summary>
    /// <returns>A task that ends when the id can be claimed anew.</returns>
    public abstract Task ReleaseAsync();
}

/// <summary>One process, where a table of streams knows them all.</summary>
internal sealed class LocalStreams : IStreamRuntime
{
    private static readonly StreamClaim Claim = new LocalClaim();

    public IStreamHome? Home { get; set; }

    public ValueTask<StreamClaim?> ClaimAsync(TenantId tenant, string id) => new(Claim);

    public CallLink? Find(TenantId tenant, string id, INodeCaller caller) => null;

    private sealed class LocalClaim : StreamClaim
    {
        public override Task ReleaseAsync() => Task.CompletedTask;
    }
}
