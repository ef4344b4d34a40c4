using System.Collections.Concurrent;

namespace Relay.Core.Runtime;

/// <summary>
/// A gateway's ways to all other gateways: what is sent to one arrives in order and once, or the gateway is lost and the ends of streams with it are told.
/// </summary>
/// <remarks>
/// A stream's bytes hold credit of the end that sends them; of news one item waits for each subject; everything else is as many as there are ends. News is
/// not in order with streams, which do not wait for it.
/// </remarks>
public sealed class Trunks : IDisposable
{
    private readonly ConcurrentDictionary<string, TrunkSender> _senders = new();
    private readonly ConcurrentDictionary<string, TrunkReceiver> _receivers = new();
    private readonly ConcurrentDictionary<long, ITrunkEnd> _ends = new();

    // Gateways that could not be reached and do not know it.
    private readonly ConcurrentDictionary<string, bool> _givenUp = new();

    // Which gateway an end has a stream with: those are told that this one lives.
    private readonly ConcurrentDictionary<long, string> _partners = new();
    private readonly Action<string, TrunkItem> _news;
    private readonly Action<Exception> _fault;
    private readonly Action<string> _lostLog;
    private readonly RuntimeClock _clock;
    private readonly ITimer _beat;
    private long _numbers;
    private long _lastBirth;
    private volatile bool _isOver;

    /// <summary>Makes it.</summary>
    /// <param name="self">This gateway.</param>
    /// <param name="carrier">What carries batches.</param>
    /// <param name="options">How it keeps time.</param>
    /// <param name="time">The source of time.</param>
    /// <param name="news">Takes news: from which gateway, and what.</param>
    /// <param name="fault">Told when the relay has a bug.</param>
    /// <param name="lost">Told of gateways that are lost.</param>
    public Trunks(string self, ITrunkCarrier carrier, TrunkOptions options, TimeProvider time, Action<string, TrunkItem> news, Action<Exception> fault, Action<string> lost)
    {
        (Self, Carrier, Options, Time, _news, _fault, _lostLog) = (self, carrier, options, time, news, fault, lost);
        _clock = new(time);
        _beat = time.CreateTimer(static state => ((Trunks)state!).Beat(), this, options.Beat, options.Beat);
    }

    /// <summary>This gateway.</summary>
    public string Self { get; }

    internal ITrunkCarrier Carrier { get; }

    internal TrunkOptions Options { get; }

    internal TimeProvider Time { get; }

    internal bool IsOver => _isOver;

    /// <summary>Stops sending.</summary>
    public void Dispose()
    {
        _isOver = true;
        _beat.Dispose();
    }

    /// <summary>Adds an end, which from now on can be sent to.</summary>
    /// <param name="end">The end.</param>
    /// <returns>Its number, never used again.</returns>
    public long Add(ITrunkEnd end)
    {
        var number = Interlocked.Increment(ref _numbers);
        _ends.TryAdd(number, end);
        return number;
    }

    /// <summary>An end has a stream with an end at a gateway, or wants to begin one.</summary>
    /// <param name="number">The end.</param>
    /// <param name="gateway">The other end's gateway.</param>
    public void Attach(long number, string gateway) => _partners[number] = gateway;

    /// <summary>An end of this gateway.</summary>
    /// <param name="number">The end.</param>
    /// <returns>The end, or null when it is not there any more.</returns>
    public ITrunkEnd? Find(long number) => _ends.GetValueOrDefault(number);

    /// <summary>An end is not there any more.</summary>
    /// <param name="number">The end.</param>
    public void Remove(long number)
    {
        _ends.TryRemove(number, out _);
        _partners.TryRemove(number, out _);
    }

    /// <summary>Sends something to a gateway, behind all that was sent to it before. Any thread; never blocks.</summary>
    /// <param name="gateway">The gateway; it may be this one.</param>
    /// <param name="item">What to send.</param>
    public void Send(string gateway, in TrunkItem item)
    {
        if (_isOver) return;
        if (gateway == Self) Receiver(Self).Post(new(null, item));
        else Sender(gateway).Send(item);
    }

    /// <summary>A batch has come from another gateway. Any thread.</summary>
    /// <param name="batch">The batch.</param>
    public void Receive(TrunkBatch batch)
    {
        // By the new sender's birth it learns that its streams with this gateway are lost.
        if (_givenUp.TryRemove(batch.From, out _)) Sender(batch.From).Beat();
        Receiver(batch.From).Post(new(batch, default));
    }

    /// <summary>A number greater than all before, also when the clock is set back.</summary>
    internal long NextBirth()
    {
        while (true)
        {
            var last = Volatile.Read(ref _lastBirth);
            var next = Math.Max(last + 1, Time.GetUtcNow().Ticks);
            if (Interlocked.CompareExchange(ref _lastBirth, next, last) == last) return next;
        }
    }

    internal void Deliver(string gateway, in TrunkItem item)
    {
        if (item.Kind == TrunkKind.News) _news(gateway, item);
        else if (_ends.TryGetValue(item.To, out var end)) end.Take(gateway, item);
        else if (item.Kind == TrunkKind.Begin) Send(gateway, new(TrunkKind.Gone, item.From, item.To));
        else if (item.Kind == TrunkKind.Begun) Send(gateway, new(TrunkKind.Finish, item.From, item.To));
    }

    internal void SenderLost(TrunkSender sender)
    {
        _senders.TryRemove(new(sender.Gateway, sender));
        _givenUp[sender.Gateway] = true;
        Lost(sender.Gateway);
    }

    internal void Lost(string gateway)
    {
        _lostLog(gateway);
        using var scope = TurnScope.EnterWithoutPlugins();
        foreach (var (number, partner) in _partners)
            if (partner == gateway && _ends.TryGetValue(number, out var end)) end.Lost(gateway);
    }

    internal void Fault(Exception exception) => _fault(exception);

    private TrunkSender Sender(string gateway) => _senders.GetOrAdd(gateway, static (id, trunks) => new(trunks, id), this);

    private TrunkReceiver Receiver(string gateway) => _receivers.GetOrAdd(gateway, static (id, trunks) => new(trunks, id, trunks._clock), this);

    private void Beat()
    {
        foreach (var gateway in _partners.Values.Distinct())
            if (gateway != Self) Sender(gateway).Beat();
    }
}
