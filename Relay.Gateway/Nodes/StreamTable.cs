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

    /// <summary>Tenants of which something is kept.</summary>
    public int Tenants => _budgets.Count;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => _budgets.Values.Sum(static budget => budget.Bytes);

    /// <summary>Makes a stream, the only one with its id in the cluster.</summary>
    /// <returns>The stream, or why there is none.</returns>
    public async ValueTask<(ReplayStream? Stream, CallError? Error)> AddAsync(Caller caller, string id)
    {
        if (_streams.ContainsKey((caller.Tenant, id))) return (null, Exists);
        var (budget, isIn) = Enter(caller);
        if (!isIn) return (null, new(StatusCodes.Status429TooManyRequests, "too_many_streams", "The tenant has nodes.max_streams resumable streams."));
        try
        {
            if (await runtime.Nodes.Streams.ClaimAsync(caller.Tenant, id) is { } claim && Add(caller, id, budget, claim) is { } stream) return (stream, null);
            Leave(caller.Tenant, budget);
            return (null, Exists);
        }
        catch (TimeoutException)
        {
            Leave(caller.Tenant, budget);
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

    private (ReplayBudget Budget, bool IsIn) Enter(Caller caller)
    {
        while (true)
        {
            var budget = _budgets.GetOrAdd(caller.Tenant, static _ => new());
            budget.Limit = caller.Options.TenantReplayBytes;
            if (budget.TryEnter(caller.Options.MaxStreams) is { } isIn) return (budget, isIn);
            _budgets.TryRemove(new(caller.Tenant, budget));
        }
    }

    private void Leave(TenantId tenant, ReplayBudget budget)
    {
        if (budget.Leave()) _budgets.TryRemove(new(tenant, budget));
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
        Leave(tenant, stream.Budget);
        _ = found.Claim.ReleaseAsync();
    }
}

/// <summary>What the resumable streams of a tenant keep together at this gateway.</summary>
internal sealed class ReplayBudget
{
    // Far below zero, so that nobody enters any more.
    private const int Over = int.MinValue / 2;

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

    /// <summary>One more stream.</summary>
    /// <returns>Whether there may be one; null when the budget is over, and the tenant has to have another.</returns>
    public bool? TryEnter(int most)
    {
        while (true)
        {
            var streams = Volatile.Read(ref _streams);
            if (streams < 0) return null;
            if (streams >= most) return false;
            if (Interlocked.CompareExchange(ref _streams, streams + 1, streams) == streams) return true;
        }
    }

    /// <summary>One stream less.</summary>
    /// <returns>Whether it was the last, and the budget is over: names of tenants cost nothing for ever.</returns>
    public bool Leave() => Interlocked.Decrement(ref _streams) == 0 && Interlocked.CompareExchange(ref _streams, Over, 0) == 0;
}
