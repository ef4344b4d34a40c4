using Relay.Core.Protocol;

namespace Relay.Gateway.Connections;

/// <summary>
/// How many messages and bytes of a connection may be under way (DESIGN rule 6). Without credit its data is not taken, and TCP
/// pushes back. Taken by the receive loop, given back from any thread.
/// </summary>
internal sealed class InboundCredit
{
    // Messages stand above this bit of the word, bytes below it: bytes may go below zero, and never come near it.
    private const int MessageShift = 40;

    private readonly long _whole;
    private long _left;
    private int _keptOpen;
    private TaskCompletionSource? _waiter;

    public InboundCredit(Credit whole) => _left = _whole = Word(whole);

    /// <summary>Whether another message may be taken. Its size does not matter as long as some bytes are left.</summary>
    public bool IsAvailable
    {
        get
        {
            var left = Volatile.Read(ref _left);
            var messages = (left + (1L << (MessageShift - 1))) >> MessageShift;
            return messages > 0 && left - (messages << MessageShift) > 0;
        }
    }

    /// <summary>Whether nothing is under way, and no request goes on whose credit is back already.</summary>
    public bool IsWhole => Volatile.Read(ref _keptOpen) == 0 && Volatile.Read(ref _left) == _whole;

    /// <summary>Whether the receive loop stands still for want of credit.</summary>
    public bool IsAwaited => Volatile.Read(ref _waiter) is not null;

    public void Take(Credit credit) => Interlocked.Add(ref _left, -Word(credit));

    public void Return(Credit credit)
    {
        if (credit == Credit.None) return;
        Interlocked.Add(ref _left, Word(credit));
        if (Volatile.Read(ref _waiter) is not null && IsAvailable) Wake();
    }

    /// <summary>Counts requests that go on after their credit was given back.</summary>
    /// <returns>How many there are now.</returns>
    public int KeepOpen(int by) => Interlocked.Add(ref _keptOpen, by);

    /// <summary>Receive loop only: a task that ends when credit comes back, or with <see cref="Wake"/>. Look again after parking, before waiting.</summary>
    public Task Park()
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _waiter, waiter);
        return waiter.Task;
    }

    public void Wake() => Interlocked.Exchange(ref _waiter, null)?.TrySetResult();

    private static long Word(Credit credit) => ((long)credit.Messages << MessageShift) + credit.Bytes;
}
