using System.Collections.Concurrent;

namespace Relay.Core.Runtime;

/// <summary>
/// All that goes to one gateway, in batches of which one is on its way at a time: while it is, the next gathers. A batch is sent again until it was
/// taken, or the gateway could not be reached for too long, and then it is lost.
/// </summary>
internal sealed class TrunkSender(Trunks trunks, string gateway)
{
    private const int BatchItems = 1024;
    private const int BatchBytes = 512 * 1024;

    // Of each batch beside what streams have: neither waits for the other's end.
    private const int NewsItems = 256;
    private const int NewsBytes = 128 * 1024;

    private readonly ConcurrentQueue<TrunkItem> _queue = new();

    // By subject, each of which stands in the order once.
    private readonly ConcurrentDictionary<string, string[]> _news = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _newsOrder = new();
    private readonly long _birth = trunks.NextBirth();
    private long _number;
    private int _pumping;
    private int _beatWanted;
    private volatile bool _isLost;

    internal string Gateway => gateway;

    private bool HasWork => !_isLost && !trunks.IsOver && (!_queue.IsEmpty || !_newsOrder.IsEmpty || Volatile.Read(ref _beatWanted) != 0);

    internal void Send(in TrunkItem item)
    {
        if (_isLost) return;
        if (item.Kind == TrunkKind.News) Keep(item.Subject ?? "", item.Texts ?? []);
        else _queue.Enqueue(item);
        Pump();
    }

    internal void Beat()
    {
        Volatile.Write(ref _beatWanted, 1);
        Pump();
    }

    private void Keep(string subject, string[] texts)
    {
        while (!_news.TryAdd(subject, texts))
            if (_news.TryGetValue(subject, out var older) && _news.TryUpdate(subject, texts, older)) return; // else it has just left
        _newsOrder.Enqueue(subject);
    }

    private void Pump()
    {
        if (Interlocked.Exchange(ref _pumping, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static sender => _ = sender.RunAsync(), this, preferLocal: false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                while (HasWork) await SendBatchAsync().ConfigureAwait(false);
                Interlocked.Exchange(ref _pumping, 0); // a full fence: whoever sends now either sees it, or is seen below
                if (!HasWork || Interlocked.Exchange(ref _pumping, 1) != 0) return;
            }
        }
        catch (Exception e)
        {
            // A bug of ours. Nothing would ever leave again, so better be lost as a whole.
            trunks.Fault(e);
            Lose();
        }
    }

    private async Task SendBatchAsync()
    {
        Volatile.Write(ref _beatWanted, 0);
        var batch = new TrunkBatch(trunks.Self, _birth, ++_number, Gather());
        var began = trunks.Time.GetTimestamp();
        for (var failed = 1; !trunks.IsOver; failed++)
        {
            try
            {
                await trunks.Carrier.CarryAsync(gateway, batch).ConfigureAwait(false);
                return;
            }
            catch (Exception)
            {
                // Time in which this process stood still must not count against the other: it has a second try at least.
                if (failed > 1 && trunks.Time.GetElapsedTime(began) >= trunks.Options.Patience)
                {
                    Lose();
                    return;
                }

                await Task.Delay(trunks.Options.RetryDelay, trunks.Time).ConfigureAwait(false);
            }
        }
    }

    private List<TrunkItem> Gather()
    {
        var items = new List<TrunkItem>();
        for (var bytes = 0; items.Count < BatchItems && bytes < BatchBytes && _queue.TryDequeue(out var item); bytes += item.Length) items.Add(item);
        for (var (count, bytes) = (0, 0); count < NewsItems && bytes < NewsBytes && _newsOrder.TryDequeue(out var subject); count++)
        {
            if (!_news.TryRemove(subject, out var texts)) continue;
            var item = new TrunkItem(TrunkKind.News, 0) { Texts = texts };
            items.Add(item);
            bytes += item.Length;
        }

        return items;
    }

    private void Lose()
    {
        _isLost = true;
        _queue.Clear();
        _newsOrder.Clear();
        _news.Clear();
        trunks.SenderLost(this);
    }
}
