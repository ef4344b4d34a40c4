using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>The resumable streams that began at this gateway.</summary>
internal sealed class StreamTable(IRelayRuntime runtime, TimeProvider time)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(TenantId Tenant, string Id), (ReplayStream Stream, StreamClaim Claim)> _streams = new();
    private readonly ConcurrentDictionary<TenantId, ReplayBudget> _budgets = new();

    private static CallError Exists { get; } =
        new(StatusCodes.Status409Conflict, "stream_exists", "There is a stream with this X-Relay-Stream-Id; GET /v1/streams/{id} goes on with it.");

    public int Count => _streams.Count;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => _budgets.Values.Sum(static budget => budget.Bytes);

    /// <summary>Makes a stream, the only one with its id in the cluster.</summary>
    /// <returns>The stream, or why there is none.</returns>
    public async ValueTask<(ReplayStream? Stream, CallError? Error)> AddAsync(Caller caller, string id)
    {
        if (_streams.ContainsKey((caller.Tenant, id))) return (null, Exists);
        var budget = _budgets.GetOrAdd(caller.Tenant, static _ => new());
        budget.Limit = caller.Options.TenantReplayBytes;
        if (!budget.TryEnter(caller.Options.MaxStreams)) return (null, new(StatusCodes.Status429TooManyRequests, "too_many_streams", "The tenant has nodes.max_streams resumable streams."));
        try
        {
            if (await runtime.Nodes.Streams.ClaimAsync(caller.Tenant, id) is { } claim && Add(caller, id, budget, claim) is { } stream) return (stream, null);
            budget.Leave();
            return (null, Exists);
        }
        catch (TimeoutException)
        {
            budget.Leave();
            return (null, new(StatusCodes.Status503ServiceUnavailable, "stream_unavailable", "Whether there is a stream with this X-Relay-Stream-Id cannot be found out now.") { RetryAfter = RetryAfter });
        }
    }

    /// <summary>A stream of this gateway that the caller may read and stop.</summary>
    public ReplayStream? Find(TenantId tenant, string? userId, string id) =>
        _streams.TryGetValue((tenant, id), out var found) && found.Stream.Owner == userId ? found.Stream : null;

    /// <summary>Stops a stream that the caller may stop.</summary>
    /// <returns>False when there is none here; otherwise its id is free when it ends.</returns>
    public async ValueTask<bool> StopAsync(TenantId tenant, string? userId, string id)
    {
        if (!_streams.TryGetValue((tenant, id), out var found) || found.Stream.Owner != userId) return false;
        found.Stream.Stop();
        await found.Claim.ReleaseAsync();
        return true;
    }

    private ReplayStream? Add(Caller caller, string id, ReplayBudget budget, StreamClaim claim)
    {
        var stream = new ReplayStream(id, caller.Identity?.UserId, budget, caller.Options, time, ended => Remove(caller.Tenant, ended));
        if (_streams.TryAdd((caller.Tenant, id), (stream, claim))) return stream;
        stream.Stop();
        _ = claim.ReleaseAsync();
        return null;
    }

    private void Remove(TenantId tenant, ReplayStream stream)
    {
        if (!_streams.TryGetValue((tenant, stream.Id), out var found) || found.Stream != stream || !_streams.TryRemove(new((tenant, stream.Id), found))) return;
        _budgets[tenant].Leave();
        _ = found.Claim.ReleaseAsync();
    }
}

/// <summary>What the resumable streams of a tenant keep together at this gateway.</summary>
internal sealed class ReplayBudget
{
    private long _limit;
    private long _bytes;
    private int _streams;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What it may be; the newest stream says what the tenant has now.</summary>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set => Volatile.Write(ref _limit, value);
    }

    public bool IsOver => Bytes > Limit;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _streams) <= most) return true;
        Interlocked.Decrement(ref _streams);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _streams);
}
