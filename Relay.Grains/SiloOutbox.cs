using System.Collections.Concurrent;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// All that a gateway's connections send to the hubs of one silo, in calls of which one is on its way at a time: while it is, the next gathers. What
/// becomes of a batch that does not arrive is the business of the link that it came from.
/// </summary>
/// <remarks>Bounded by the links, each of which is in it once.</remarks>
internal sealed class SiloOutbox(OrleansRuntime runtime, string silo, ISiloInbox inbox)
{
    private const int CallItems = 1024;
    private const int CallBytes = 512 * 1024;

    private readonly ConcurrentQueue<UserLink> _links = new();
    private readonly CancellationTokenSource _gone = new();
    private int _pumping;

    /// <summary>A link has something to send.</summary>
    public void Enqueue(UserLink link)
    {
        _links.Enqueue(link);
        if (Interlocked.Exchange(ref _pumping, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static outbox => _ = outbox.PumpAsync(), this, preferLocal: false);
    }

    /// <summary>The silo is not there any more: whoever waits for it finds the successor of the user's hub.</summary>
    public void Abandon() => _gone.Cancel();

    private async Task PumpAsync()
    {
        try
        {
            await DrainAsync();
        }
        catch (Exception e)
        {
            // A bug of ours. Nothing would ever leave again, so better take the silo for lost: who has a hub there syncs, by another outbox.
            runtime.Log.PumpFailed(e);
            runtime.SilenceOf(silo);
        }
    }

    private async Task DrainAsync()
    {
        while (!runtime.IsOver)
        {
            while (!runtime.IsOver && !_links.IsEmpty) await SendAsync();
            Interlocked.Exchange(ref _pumping, 0); // a full fence: whoever enqueues now either sees it, or is seen below
            if (_links.IsEmpty || Interlocked.Exchange(ref _pumping, 1) != 0) return;
        }
    }

    private async Task SendAsync()
    {
        var (links, batches) = Gather();
        if (links.Count == 0) return;
        bool[]? taken = null;
        try
        {
            taken = await inbox.Accept(runtime.Gateway.Id, batches).WaitAsync(runtime.Options.CallTimeout, runtime.Time, _gone.Token);
        }
        catch (Exception e)
        {
            runtime.Log.SiloUnreachable(silo, e.Message);
            // Those who wait to be next would wait as long to learn the same.
            foreach (var link in _links) link.Resync();
            // What is at the same silo has the same fate, and should not wait for its own next message to learn it. A timeout may pass.
            if (e is not (TimeoutException or OperationCanceledException)) runtime.SilenceOf(silo);
        }

        for (var i = 0; i < links.Count; i++) links[i].Sent(taken?[i]);
    }

    private (List<UserLink> Links, UserBatch[] Batches) Gather()
    {
        var (links, batches, items, bytes) = (new List<UserLink>(), new List<UserBatch>(), 0, 0);
        while (items < CallItems && bytes < CallBytes && _links.TryDequeue(out var link))
        {
            if (link.Gather(this) is not { } batch) continue;
            links.Add(link);
            batches.Add(batch);
            items += batch.Items.Length;
            foreach (var item in batch.Items) bytes += item.Frame.Length;
        }

        return (links, [.. batches]);
    }
}
