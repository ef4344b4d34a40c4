using Relay.Core.Limits;
using Relay.Core.Protocol;

namespace Relay.Gateway.Limits;

/// <summary>
/// What one socket has used, and may. It counts in plain fields of its own, which are added to its tenant's now and then: a word that all sockets of a tenant
/// wrote to with each message would cost more than the message.
/// </summary>
internal sealed class ConnectionMeter : IDisposable
{
    // So many seconds' worth of refused messages since the rates were last at rest are no burst any more.
    private const int PatienceSeconds = 5;

    private readonly LimitTable _table;
    private readonly TenantLedger _tenant;
    private readonly LimitAccount? _user;
    private readonly SharedUser? _shared;

    // Receive loop only, and read by whoever folds.
    private long _messagesIn;
    private long _bytesIn;

    // Receive loop only.
    private TimeSpan _now;
    private bool _bounded;
    private int _prepaid;
    private int _refused;
    private int _refusingRate;
    private bool _hasReserved;
    private bool _isShort;

    // What was added to the tenant's already.
    private FoldedCount _foldedMessagesIn;
    private FoldedCount _foldedBytesIn;
    private FoldedCount _foldedMessagesOut;
    private FoldedCount _foldedBytesOut;
    private int _closed;

    /// <param name="table">Whose socket it counts for.</param>
    /// <param name="tenant">The socket's tenant.</param>
    /// <param name="user">The socket's user, where this process alone counts; or:</param>
    /// <param name="shared">where the cluster does.</param>
    public ConnectionMeter(LimitTable table, TenantLedger tenant, LimitAccount? user, SharedUser? shared = null)
    {
        (_table, _tenant, _user, _shared) = (table, tenant, user, shared);
        tenant.Usage.CountOpened();
    }

    /// <summary>The source of the time by which the rates count.</summary>
    public TimeProvider Time => _table.Time;

    /// <summary>Receive loop only: what comes now came at one time.</summary>
    public void BeginBatch()
    {
        _bounded = _tenant.Limits.Limits.HasTraffic || _user?.Limits.HasTraffic == true || _shared?.Limits.HasTraffic == true;
        _isShort = false;
        if (!_bounded) return;
        _now = _table.Now;
        if (_shared is not null) Reserve(_shared);
    }

    /// <summary>Receive loop only: nothing is read before the answer whether there is a token for a message.</summary>
    public bool IsShort => _isShort;

    /// <summary>Receive loop only: how long nothing is to be read, because the user has no tokens here.</summary>
    /// <returns>Null when something may.</returns>
    public TokenPause? Lacking() => _bounded ? _shared?.Lacks(_isShort, _table.Now) : null;

    /// <summary>Receive loop only: whether one more message may be handled, where those that may not are answered and not held up.</summary>
    public bool TryTakeMessage()
    {
        if (!_bounded) return true;
        if (_refused > 0 && _tenant.Limits.HasRested(_now) && _user?.HasRested(_now) != false && _shared?.HasRested(_now) != false) _refused = 0;
        _prepaid++;
        if (_shared is not null && !TakeToken(_shared)) return Refuse(LimitKind.UserMessages, _shared.Limits);
        if (_user?.TryTakeMessage(_now) == false) return Refuse(LimitKind.UserMessages, _user.Limits);
        return _tenant.Limits.TryTakeMessage(_now) || Refuse(LimitKind.TenantMessages, _tenant.Limits.Limits);
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
        if (_shared is not null) Settle(_shared, messages, taken.Bytes);
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
        _shared?.Close();
        _tenant.Usage.CountClosed();
    }

    /// <summary>Nothing is counted here any more.</summary>
    public void Dispose()
    {
        Leave();
        _table.Release(_tenant);
        _shared?.Leave();
    }

    // Always for the next message: when there is none, and it is not known why, that is asked before the next one is read.
    private void Reserve(SharedUser user)
    {
        var answer = user.TryTakeMessage(_now, reserves: true);
        (_hasReserved, _isShort) = (answer == TokenAnswer.Taken, answer == TokenAnswer.Asked);
    }

    private bool TakeToken(SharedUser user)
    {
        if (!_hasReserved) return user.TryTakeMessage(_now) is TokenAnswer.Taken or TokenAnswer.Free;
        user.EndReservation(isUsed: true);
        Reserve(user);
        return true;
    }

    private void Settle(SharedUser user, int messages, long bytes)
    {
        if (_hasReserved) user.EndReservation(isUsed: false);
        _hasReserved = false;
        user.Take(messages, bytes, _now);
    }

    private bool Refuse(LimitKind kind, SubjectLimits limits)
    {
        _refused++;
        _refusingRate = limits.MessagesPerSecond;
        _table.Refuse(kind, TimeSpan.Zero, _tenant);
        return false;
    }
}
