using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Relay.Core;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Nodes;

/// <summary>The resumable streams that began at this gateway.</summary>
internal sealed class StreamTable(RelaySettings settings, TimeProvider time)
{
    private readonly ConcurrentDictionary<(TenantId Tenant, string Id), ReplayStream> _streams = new();
    private readonly ConcurrentDictionary<TenantId, ReplayBudget> _budgets = new();

    public int Count => _streams.Count;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => _budgets.Values.Sum(static budget => budget.Bytes);

    /// <summary>Makes a stream.</summary>
    /// <returns>False: the error says why there is none.</returns>
    public bool TryAdd(Caller caller, string id, [NotNullWhen(true)] out ReplayStream? stream, [NotNullWhen(false)] out CallError? error)
    {
        (stream, error) = (null, null);
        var budget = _budgets.GetOrAdd(caller.Tenant, static (_, limit) => new(limit), settings.Nodes.TenantReplayBytes);
        if (!budget.TryEnter(settings.Nodes.MaxStreams))
        {
            error = new(StatusCodes.Status429TooManyRequests, "too_many_streams", "The tenant has nodes.max_streams resumable streams.");
            return false;
        }

        stream = new(id, caller.Identity?.UserId, budget, settings.Nodes, time, ended => Remove(caller.Tenant, ended));
        if (_streams.TryAdd((caller.Tenant, id), stream)) return true;
        budget.Leave();
        error = new(StatusCodes.Status409Conflict, "stream_exists", "There is a stream with this X-Relay-Stream-Id; GET /v1/streams/{id} goes on with it.");
        return false;
    }

    /// <summary>A stream that the caller may read and stop.</summary>
    public ReplayStream? Find(Caller caller, string id) =>
        _streams.TryGetValue((caller.Tenant, id), out var stream) && stream.Owner == caller.Identity?.UserId ? stream : null;

    private void Remove(TenantId tenant, ReplayStream stream)
    {
        if (_streams.TryRemove(new((tenant, stream.Id), stream))) _budgets[tenant].Leave();
    }
}

/// <summary>What the resumable streams of a tenant keep together.</summary>
internal sealed class ReplayBudget(long limit)
{
    private long _bytes;
    private int _streams;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool IsOver => Bytes > limit;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _streams) <= most) return true;
        Interlocked.Decrement(ref _streams);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _streams);
}
