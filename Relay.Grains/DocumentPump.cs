using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Peers;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// All that this gateway tells one document, in batches of which one is on its way at a time, and again until the document has heard it. Any thread.
/// </summary>
/// <remarks>Bounded by what fills it: peers' credit for joins, peers for the rest.</remarks>
internal sealed class DocumentPump(ClusterPeers peers, ClusterIntroductions introductions, DocumentKey document)
{
    private const int BatchItems = 256;

    private readonly ConcurrentQueue<(Interest Interest, Inquiry? Inquiry)> _queue = new();
    private string[]? _sync;
    private int _pumping;
    private long? _acquainted;

    /// <summary>Whether something is on its way, or waits.</summary>
    public bool IsBusy => Volatile.Read(ref _pumping) != 0 || HasWork;

    private bool HasWork => !_queue.IsEmpty || Volatile.Read(ref _sync) is not null;

    public void Join(Inquiry inquiry) => Add(new(inquiry.PeerId, true), inquiry);

    public void Leave(string peerId) => Add(new(peerId, false), null);

    /// <summary>Repeats who is interested; the last list counts. What stands before it in the queue is in it.</summary>
    public void Sync(string[] peerIds)
    {
        // Behind what waits the list would be older than the changes; the next repetition comes soon.
        if (IsBusy) return;
        Volatile.Write(ref _sync, peerIds);
        Start();
    }

    private void Add(Interest interest, Inquiry? inquiry)
    {
        _queue.Enqueue((interest, inquiry));
        Start();
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _pumping, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static pump => _ = pump.RunAsync(), this, preferLocal: false);
    }

    private async Task RunAsync()
    {
        TenantContext.Set(document.Tenant);
        while (!peers.IsOver)
        {
            while (HasWork && !peers.IsOver) await TryStepAsync();
            Interlocked.Exchange(ref _pumping, 0); // a full fence: whoever adds now either sees it, or is seen below
            if (!HasWork || Interlocked.Exchange(ref _pumping, 1) != 0) return;
        }
    }

    private async Task TryStepAsync()
    {
        try
        {
            await StepAsync();
        }
        catch (Exception e)
        {
            // A bug of ours. What comes after it still has to leave.
            peers.TurnFault(e);
        }
    }

    private async Task StepAsync()
    {
        if (Interlocked.Exchange(ref _sync, null) is { } all)
        {
            await SyncAsync(all);
            return;
        }

        var batch = new List<(Interest Interest, Inquiry? Inquiry)>();
        while (batch.Count < BatchItems && _queue.TryDequeue(out var next)) batch.Add(next);
        Interest[] changes = [.. batch.Select(static one => one.Interest)];
        List<Interested<string>>[] others = [];
        try
        {
            if (await TellAsync(grain => grain.Change(peers.Gateway, changes)) is (var reply, _)) others = Others(reply);
        }
        finally
        {
            // Whatever came of it: the credit comes back by it.
            Answer(batch, others);
        }
    }

    // Its answer does not tell who it is that answers; that is asked only when there is a doubt.
    private async Task SyncAsync(string[] all)
    {
        if (await TellAsync(grain => grain.Sync(peers.Gateway, all)) is not (var knew, var tries) || (knew && tries == 1)) return;
        if (await TellAsync(grain => grain.Change(peers.Gateway, [])) is (var reply, _)) Heard(knew && reply.KnewGateway, reply.Acquainted);
    }

    // Null: the gateway is over.
    private async Task<(T Reply, int Tries)?> TellAsync<T>(Func<IDocumentGrain, Task<T>> call)
    {
        for (var tries = 1; !peers.IsOver; tries++)
        {
            try
            {
                return (await call(peers.Document(document)).WaitAsync(peers.Options.CallTimeout, peers.Time), tries);
            }
            catch (Exception e)
            {
                peers.Log.DocumentUnreachable(document, e.Message);
                await Task.Delay(peers.Options.RetryDelay, peers.Time);
            }
        }

        return null;
    }

    private List<Interested<string>>[] Others(DocumentReply reply)
    {
        Heard(reply.KnewGateway, reply.Acquainted);
        foreach (var other in reply.Others.SelectMany(static others => others)) peers.Learn(other.Gateway);
        return [.. reply.Others.Select(static others => others.Select(static other => new Interested<string>(other.PeerId, other.Gateway.Id)).ToList())];
    }

    private void Answer(List<(Interest Interest, Inquiry? Inquiry)> batch, List<Interested<string>>[] others)
    {
        var at = 0;
        foreach (var inquiry in batch.Where(static one => one.Interest.IsJoin).Select(static one => one.Inquiry!))
        {
            var found = others.ElementAtOrDefault(at++) ?? [];
            introductions.Run(rule => rule.Found(inquiry, document.DocumentId, found));
        }
    }

    // A document that began anew: who joined before all gateways had repeated their peers has not met all of them.
    private void Heard(bool knew, long acquainted)
    {
        var isAnew = acquainted == 0 ? !knew : acquainted != _acquainted;
        if (isAnew && _acquainted is not null) introductions.Run(rule => rule.MeetAgain(document.DocumentId));
        _acquainted = acquainted;
    }
}
