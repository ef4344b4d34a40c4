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
    private bool _wasKnown;

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
            while (HasWork && !peers.IsOver) await StepAsync();
            Interlocked.Exchange(ref _pumping, 0); // a full fence: whoever adds now either sees it, or is seen below
            if (!HasWork || Interlocked.Exchange(ref _pumping, 1) != 0) return;
        }
    }

    private async Task StepAsync()
    {
        if (Interlocked.Exchange(ref _sync, null) is { } all)
        {
            await TellAsync(grain => grain.Sync(peers.Gateway, all), Knew);
            return;
        }

        var batch = new List<(Interest Interest, Inquiry? Inquiry)>();
        while (batch.Count < BatchItems && _queue.TryDequeue(out var next)) batch.Add(next);
        Interest[] changes = [.. batch.Select(static one => one.Interest)];
        await TellAsync(grain => grain.Change(peers.Gateway, changes), reply => Answer(batch, reply));
    }

    private async Task TellAsync<T>(Func<IDocumentGrain, Task<T>> call, Action<T> answered)
    {
        while (!peers.IsOver)
        {
            try
            {
                answered(await call(peers.Document(document)).WaitAsync(peers.Options.CallTimeout, peers.Time));
                return;
            }
            catch (Exception e)
            {
                peers.Log.DocumentUnreachable(document, e.Message);
                await Task.Delay(peers.Options.RetryDelay, peers.Time);
            }
        }
    }

    private void Answer(List<(Interest Interest, Inquiry? Inquiry)> batch, DocumentReply reply)
    {
        Knew(reply.KnewGateway);
        var at = 0;
        foreach (var (interest, inquiry) in batch)
        {
            if (!interest.IsJoin) continue;
            var others = reply.Others[at++];
            foreach (var other in others) peers.Learn(other.Gateway);
            List<Interested<string>> found = [.. others.Select(static other => new Interested<string>(other.PeerId, other.Gateway.Id))];
            introductions.Run(rule => rule.Found(inquiry!, document.DocumentId, found));
        }
    }

    // A document that began anew: who joined before all gateways had repeated their peers has not met all of them.
    private void Knew(bool knew)
    {
        if (!knew && _wasKnown) introductions.Run(rule => rule.MeetAgain(document.DocumentId));
        _wasKnown = true;
    }
}
