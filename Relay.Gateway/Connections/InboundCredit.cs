using Relay.Core.Protocol;

namespace Relay.Gateway.Connections;

/// <summary>
/// How many messages and bytes of a connection may be under way (DESIGN rule 6). Without credit its data is not taken, and TCP
/// pushes back. Taken by the receive loop, given back from any thread.
/// </summary>
internal sealed class InboundCredit
{
    private readonly Credit _whole;
    private int _messages;
    private int _bytes;
    private int _keptOpen;
    private TaskCompletionSource? _waiter;

    public InboundCredit(Credit whole) => (_whole, _messages, _bytes) = (whole, whole.Messages, whole.Bytes);

    /// <summary>Whether another message may be taken. Its size does not matter as long as some bytes are left.</summary>
    public bool IsAvailable => Volatile.Read(ref _messages) > 0 && Volatile.Read(ref _bytes) > 0;

    /// <summary>Whether nothing is under way, and no request goes on whose credit is back already.</summary>
    public bool IsWhole => Volatile.Read(ref _keptOpen) == 0 && Volatile.Read(ref _messages) == _whole.Messages && Volatile.Read(ref _bytes) == _whole.Bytes;

    /// <summary>Whether the receive loop stands still for want of credit.</summary>
    public bool IsAwaited => Volatile.Read(ref _waiter) is not null;

    public void Take(Credit credit)
    {
        Interlocked.Add(ref _messages, -credit.Messages);
        Interlocked.Add(ref _bytes, -credit.Bytes);
    }

    public void Return(Credit credit)
    {
        if (credit == Credit.None) return;
        Interlocked.Add(ref _bytes, credit.Bytes);
        Interlocked.Add(ref _messages, credit.Messages);
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
}
