using Relay.Core.Limits;
using Relay.Core.Protocol;

namespace Relay.Gateway.Limits;

/// <summary>
/// What one socket has used, and may. It counts in plain fields of its own, which are added to its tenant's now and then: a word that all sockets of a tenant
/// wrote to with each message would cost more than the message.
/// </summary>
internal sealed class ConnectionMeter
{
    // So many seconds' worth of refused messages since the rates were last at rest are no burst any more.
    private const int PatienceSeconds = 5;

    private readonly LimitTable _table;
    private readonly TenantLedger _tenant;
    private readonly LimitAccount? _user;

    // Receive loop only, and read by whoever folds.
    private long _messagesIn;
    private long _bytesIn;

    // Receive loop only.
    private TimeSpan _now;
    private bool _bounded;
    private int _prepaid;
    private int _refused;
    private int _refusingRate;

    // What was added to the tenant's already.
    private FoldedCount _foldedMessagesIn;
    private FoldedCount _foldedBytesIn;
    private FoldedCount _foldedMessagesOut;
    private FoldedCount _foldedBytesOut;
    private int _closed;

    public ConnectionMeter(LimitTable table, TenantLedger tenant, LimitAccount? user)
    {
        (_table, _tenant, _user) = (table, tenant, user);
        tenant.Usage.CountOpened();
    }

    /// <summary>The source of the time by which the rates count.</summary>
    public TimeProvider Time => _table.Time;

    /// <summary>Receive loop only: what comes now came at one time.</summary>
    public void BeginBatch()
    {
        _bounded = _tenant.Limits.Limits.HasTraffic || _user?.Limits.HasTraffic == true;
        if (_bounded) _now = _table.Now;
    }

    /// <summary>Receive loop only: whether one more message may be handled, where those that may not are answered and not held up.</summary>
    public bool TryTakeMessage()
    {
        if (!_bounded) return true;
        if (_refused > 0 && _tenant.Limits.HasRested(_now) && _user?.HasRested(_now) != false) _refused = 0;
        _prepaid++;
        if (_user?.TryTakeMessage(_now) == false) return Refuse(LimitKind.UserMessages, _user);
        return _tenant.Limits.TryTakeMessage(_now) || Refuse(LimitKind.TenantMessages, _tenant.Limits);
    }

    /// <summary>Receive loop only: whether this socket was refused so much that it is no accident.</summary>
    public bool Persists => _refused > (long)PatienceSeconds * _refusingRate;

    /// <summary>Receive loop only: counts what has come.</summary>
    /// <returns>How long to wait before more is read.</returns>
    public TimeSpan Took(Credit taken)
    {
        Volatile.Write(ref _messagesIn, _messagesIn + taken.Messages);
        Volatile.Write(ref _bytesIn, _bytesIn + taken.Bytes);
        if (!_bounded) return TimeSpan.Zero;
        var messages = taken.Messages - _prepaid;
        _prepaid = 0;
        var wait = _tenant.Limits.Take(messages, taken.Bytes, _now);
        if (_user is null) return wait;
        var own = _user.Take(messages, taken.Bytes, _now);
        return own > wait ? own : wait;
    }

    /// <summary>Receive loop only: whether so long has passed since the batch began.</summary>
    public bool IsPaid(TimeSpan wait) => _table.Now - _now >= wait;

    /// <summary>The socket is not read for a while, because of what <see cref="Took"/> said.</summary>
    public void CountSlowed() => _table.Counters.CountSlowed();

    /// <summary>Adds to the tenant's usage what this socket has done since the last time. Any thread.</summary>
    /// <param name="messagesOut">All messages that it was sent.</param>
    /// <param name="bytesOut">Their bytes.</param>
    public void Fold(long messagesOut, long bytesOut)
    {
        var (messages, bytes) = (_foldedMessagesIn.Advance(Volatile.Read(ref _messagesIn)), _foldedBytesIn.Advance(Volatile.Read(ref _bytesIn)));
        if (messages > 0 || bytes > 0) _tenant.Usage.CountIn(messages, bytes);
        (messages, bytes) = (_foldedMessagesOut.Advance(messagesOut), _foldedBytesOut.Advance(bytesOut));
        if (messages > 0 || bytes > 0) _tenant.Usage.CountOut(messages, bytes);
    }

    /// <summary>Gives the socket's place back: who has read its close frame may come again at once. Any thread; may come twice.</summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        _tenant.Limits.Close();
        _user?.Close();
        _tenant.Usage.CountClosed();
    }

    /// <summary>Nothing is counted here any more. Once, after <see cref="Leave"/>.</summary>
    public void Release() => _table.Release(_tenant);

    private bool Refuse(LimitKind kind, LimitAccount account)
    {
        _refused++;
        _refusingRate = account.Limits.MessagesPerSecond;
        _table.Refuse(kind, TimeSpan.Zero, _tenant);
        return false;
    }
}
