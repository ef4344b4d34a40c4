using Relay.Core.Limits;

namespace Relay.Gateway.Limits;

/// <summary>Whether a message may be taken.</summary>
internal enum TokenAnswer
{
    Taken,

    /// <summary>There is no limit.</summary>
    Free,

    /// <summary>There are none to be had.</summary>
    None,

    /// <summary>It has been asked whether there are.</summary>
    Asked,
}

/// <summary>How long not to read: for a time, or until there has been an answer.</summary>
internal readonly record struct TokenPause(TimeSpan For, Task? Answered);

/// <summary>
/// What this process has of the limits of a user who may be at other gateways too: sockets that were granted, and tokens that were borrowed. Whoever has none waits
/// for the answer. Any thread.
/// </summary>
internal sealed class SharedUser(OwnerLink link, string id, SubjectLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<bool>> _opens = new();
    private readonly Queue<TaskCompletionSource<TimeSpan?>> _connects = new();
    private SubjectLimits _limits = limits;
    private BorrowedTokens _messages;
    private BorrowedTokens _bytes;
    private TaskCompletionSource? _answer;
    private int _open;

    // Taken for a message that is not read yet.
    private int _reserved;

    public string Id => id;

    public SubjectLimits Limits
    {
        get => Volatile.Read(ref _limits);
        set => Volatile.Write(ref _limits, value);
    }

    /// <summary>Those who use this object. Under the link's lock.</summary>
    public int Holders { get; set; }

    /// <summary>Whether there is news that is not told yet. Under the link's lock.</summary>
    public bool IsQueued { get; set; }

    /// <summary>What this process has.</summary>
    public UserHolding Held
    {
        get
        {
            lock (_gate) return Now();
        }
    }

    /// <summary>Whether forgetting it would change nothing, when nobody uses it.</summary>
    public bool IsEmpty => Held is { Open: 0, Messages: 0, Bytes: 0 };

    /// <summary>Asks for a place for one more socket.</summary>
    /// <returns>Whether there is one; null when nobody answers.</returns>
    public async ValueTask<bool?> OpenAsync()
    {
        var waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (Limits.Connections == 0)
            {
                _open++;
                return true;
            }

            _opens.Enqueue(waiter);
        }

        link.Tell(this);
        return await link.WaitAsync(waiter.Task) || !waiter.TrySetCanceled() ? await waiter.Task : null;
    }

    /// <summary>Gives the place back.</summary>
    public void Close()
    {
        lock (_gate) _open--;
        link.Tell(this);
    }

    /// <summary>Whether an answer comes before patience ends.</summary>
    public ValueTask<bool> WaitAsync(Task answer) => link.WaitAsync(answer);

    /// <summary>Whoever entered needs it no more.</summary>
    public void Leave() => link.Leave(this);

    /// <summary>Asks whether one more request may be let in.</summary>
    /// <returns>Null when it may, or how long until one would be; below zero when nobody answers.</returns>
    public async ValueTask<TimeSpan?> ConnectAsync()
    {
        if (Limits.ConnectsPerSecond == 0) return null;
        var waiter = new TaskCompletionSource<TimeSpan?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _connects.Enqueue(waiter);
        link.Tell(this);
        return await link.WaitAsync(waiter.Task) || !waiter.TrySetCanceled() ? await waiter.Task : Timeout.InfiniteTimeSpan;
    }

    /// <summary>Takes a token for a message.</summary>
    /// <param name="now">The time.</param>
    /// <param name="reserves">Whether the message is still to come: until <see cref="EndReservation"/> the token is borrowed and not used.</param>
    public TokenAnswer TryTakeMessage(TimeSpan now, bool reserves = false)
    {
        var answer = TokenAnswer.Taken;
        lock (_gate)
        {
            if (Limits.MessagesPerSecond is not (> 0 and var rate)) return TokenAnswer.Free;
            _messages.Want();
            if (_messages.Left > 0)
            {
                _reserved += reserves ? 1 : 0;
                if (!_messages.Take(1, rate, now)) return answer;
            }
            else
            {
                if (_messages.IsNone(now)) return TokenAnswer.None;
                answer = TokenAnswer.Asked;
            }
        }

        link.Tell(this);
        return answer;
    }

    /// <summary>The message has come, or it has not.</summary>
    public void EndReservation(bool isUsed)
    {
        lock (_gate)
        {
            _reserved--;
            if (!isUsed) _messages.Return(1);
        }
    }

    /// <summary>Counts what has come: it is paid for before more is read.</summary>
    public void Take(long messages, long bytes, TimeSpan now)
    {
        var low = false;
        lock (_gate)
        {
            if (Limits.MessagesPerSecond > 0 && messages > 0) low = _messages.Take(messages, Limits.MessagesPerSecond, now);
            if (Limits.BytesPerSecond > 0 && bytes > 0) low |= _bytes.Take(bytes, Limits.BytesPerSecond, now);
        }

        if (low) link.Tell(this);
    }

    /// <summary>How long nothing is to be read.</summary>
    /// <param name="wantsMessage">Whether a message is to be read that is refused when it is known that there are no tokens.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when something may.</returns>
    public TokenPause? Lacks(bool wantsMessage, TimeSpan now)
    {
        Task answer;
        lock (_gate)
        {
            var lacksBytes = Limits.BytesPerSecond > 0 && _bytes.Left < 0;
            var lacksMessages = Limits.MessagesPerSecond > 0 && (_messages.Left < 0 || (wantsMessage && _messages.Left == 0 && !_messages.IsNone(now)));
            if (!lacksBytes && !lacksMessages) return null;
            if (lacksMessages) _messages.Want();
            if (lacksBytes && _bytes.IsNone(now)) return new(_bytes.NoneFor(now), null);
            if (lacksMessages && _messages.IsNone(now)) return new(_messages.NoneFor(now), null);
            answer = (_answer ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        link.Tell(this);
        return new(Timeout.InfiniteTimeSpan, answer);
    }

    /// <summary>What an HTTP request owes before it is taken.</summary>
    public TimeSpan BytesOwed(TimeSpan now)
    {
        lock (_gate)
            if (Limits.BytesPerSecond == 0 || _bytes.Left >= 0) return TimeSpan.Zero;
        link.Tell(this);
        lock (_gate) return TimeSpan.FromTicks(Math.Max(_bytes.NoneFor(now).Ticks, TimeSpan.TicksPerMillisecond));
    }

    /// <summary>How long until a message would be taken, where that is known.</summary>
    public TimeSpan NoMessagesFor(TimeSpan now)
    {
        lock (_gate) return _messages.NoneFor(now);
    }

    /// <summary>Whether it is a while ago that messages were refused.</summary>
    public bool HasRested(TimeSpan now)
    {
        lock (_gate) return _messages.HasRested(now);
    }

    /// <summary>Gives back what was not used of late.</summary>
    /// <returns>Whether there is news.</returns>
    public bool GiveBack()
    {
        lock (_gate) return _messages.GiveBack() | _bytes.GiveBack();
    }

    /// <summary>What this process has and wants now.</summary>
    public UserWish Wish(TimeSpan now)
    {
        lock (_gate)
        {
            var limits = Limits;
            Forget(_opens);
            Forget(_connects);
            return new(
                id, limits, Now(), _opens.Count, _connects.Count, _messages.Wanted(limits.MessagesPerSecond, now), _bytes.Wanted(limits.BytesPerSecond, now));
        }
    }

    /// <summary>A wish was answered.</summary>
    /// <returns>Whether there is more to tell.</returns>
    public bool Take(in UserWish wish, in UserGrant grant, TimeSpan now)
    {
        lock (_gate)
        {
            var unused = grant.Opens;
            for (var i = 0; i < wish.Opens; i++)
            {
                // Whoever has given up takes no place.
                if (!_opens.Dequeue().TrySetResult(unused > 0) || unused == 0) continue;
                unused--;
                _open++;
            }

            var connects = grant.Connects;
            for (var i = 0; i < wish.Connects; i++) _connects.Dequeue().TrySetResult(connects-- > 0 ? null : grant.ConnectsAfter);
            _messages.Lend(wish.Messages, grant.Messages, grant.MessagesAfter, now);
            _bytes.Lend(wish.Bytes, grant.Bytes, grant.BytesAfter, now);
            _answer?.TrySetResult();
            _answer = null;
            return unused > 0 || _opens.Count > 0 || _connects.Count > 0;
        }
    }

    // Those who have given up while nobody answered: they are the oldest.
    private static void Forget<T>(Queue<TaskCompletionSource<T>> waiters)
    {
        while (waiters.TryPeek(out var oldest) && oldest.Task.IsCompleted) waiters.Dequeue();
    }

    // Under the lock.
    private UserHolding Now() => new(_open, _messages.Left + _reserved, _bytes.Left);
}
