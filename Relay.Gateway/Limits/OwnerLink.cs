using Relay.Core;
using Relay.Core.Limits;
using Relay.Core.Runtime;

namespace Relay.Gateway.Limits;

/// <summary>
/// What this process has of the users of one owner, and what it tells that owner: one report at a time, with all the news that has come meanwhile. A report that
/// was not answered is made again, of what is so then.
/// </summary>
internal sealed class OwnerLink(CentralKey owner, IUserLimitRuntime runtime, RuntimeClock clock, Func<long> number)
{
    // What is more waits for the next report.
    private const int MaxWishes = 1024;

    // Users of whom there is news while nobody answers. Beyond it nobody new is taken, whatever names are made up.
    private const int MaxNews = 65_536;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SharedUser> _users = new(StringComparer.Ordinal);
    private readonly Queue<SharedUser> _news = new();
    private long _life;
    private TimeSpan _reported;
    private bool _isReporting;
    private bool _isOver;

    /// <summary>Users that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _users.Count;
        }
    }

    public TenantId Tenant => owner.Tenant;

    /// <summary>A user, who is kept until <see cref="Leave"/>; null when too many wait for an answer already.</summary>
    public SharedUser? Enter(string id, SubjectLimits limits)
    {
        lock (_gate)
        {
            if (!_users.TryGetValue(id, out var user))
            {
                if (_news.Count >= MaxNews) return null;
                _users.Add(id, user = new(this, id, limits));
            }

            user.Limits = limits;
            user.Holders++;
            return user;
        }
    }

    public void Leave(SharedUser user)
    {
        lock (_gate) user.Holders--;
    }

    /// <summary>There are other limits.</summary>
    public void Change(SubjectLimits limits)
    {
        lock (_gate)
            foreach (var (_, user) in _users) user.Limits = limits;
    }

    /// <summary>There is news of a user.</summary>
    public void Tell(SharedUser user)
    {
        lock (_gate)
        {
            Queue(user);
            Begin();
        }
    }

    /// <summary>Whether a task ends before patience does.</summary>
    public async ValueTask<bool> WaitAsync(Task task)
    {
        await task.WaitAsync(runtime.Patience, clock.Provider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    /// <summary>See <see cref="IUserLimitHost.Hold"/>.</summary>
    public IReadOnlyList<(string UserId, UserHolding Held)> Hold(long life)
    {
        lock (_gate)
        {
            _life = Math.Max(_life, life);
            return [.. _users.Values.Where(static user => !user.IsEmpty).Select(static user => (user.Id, user.Held))];
        }
    }

    /// <summary>Time has passed.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (var (id, user) in _users)
            {
                if (user.GiveBack()) Queue(user);
                else if (user is { Holders: 0, IsQueued: false, IsEmpty: true } && !_isReporting) _users.Remove(id);
            }

            // Without a word the owner would give to others what is held here.
            if (_news.Count > 0 || (_users.Count > 0 && clock.Now - _reported >= runtime.ReportEvery)) Begin();
        }
    }

    public void Stop()
    {
        lock (_gate) _isOver = true;
    }

    // Under the lock.
    private void Queue(SharedUser user)
    {
        if (user.IsQueued) return;
        user.IsQueued = true;
        _news.Enqueue(user);
    }

    // Under the lock.
    private void Begin()
    {
        if (_isReporting || _isOver) return;
        _isReporting = true;
        _ = ReportAsync();
    }

    private async Task ReportAsync()
    {
        await Task.Yield();
        do
        {
            var (news, at) = Next();
            try
            {
                var grants = await runtime.ReportAsync(owner, at, [.. news.Select(static one => one.Wish)]);
                if (Take(news, grants)) continue;
            }
            catch (Exception)
            {
                // Nobody can be reached: sockets wait to be opened, messages to be read.
            }

            Return(news);
            await Task.Delay(RetryDelay, clock.Provider);
        }
        while (GoesOn());
    }

    private (List<(SharedUser User, UserWish Wish)> News, long Number) Next()
    {
        lock (_gate)
        {
            var news = new List<(SharedUser, UserWish)>();
            while (news.Count < MaxWishes && _news.TryDequeue(out var user))
            {
                user.IsQueued = false;
                news.Add((user, user.Wish(clock.Now)));
            }

            _reported = clock.Now;
            return (news, number());
        }
    }

    // False when the answer does not count.
    private bool Take(List<(SharedUser User, UserWish Wish)> news, UserGrants? grants)
    {
        lock (_gate)
        {
            // A successor has been told what is held here, and has given away the rest.
            if (grants is null || grants.Life < _life) return false;
            for (var i = 0; i < news.Count; i++)
            {
                var (user, wish) = news[i];
                if (user.Take(wish, grants.Grants[i], clock.Now)) Queue(user);
            }

            if (grants.IsUnknown || grants.Life != _life)
                foreach (var (_, user) in _users)
                    if (!user.IsEmpty) Queue(user);
            _life = grants.Life;
            return true;
        }
    }

    private void Return(List<(SharedUser User, UserWish Wish)> news)
    {
        lock (_gate)
            foreach (var (user, _) in news) Queue(user);
    }

    private bool GoesOn()
    {
        lock (_gate) return _isReporting = _news.Count > 0 && !_isOver;
    }
}
