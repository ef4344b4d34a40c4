using Relay.Core;

namespace Relay.Grains;

/// <summary>
/// What one hub tells its central hub: the last word of each kind, one call at a time, so that no older news overtakes newer, and again until the
/// central hub has heard it. Any thread.
/// </summary>
/// <remarks>Bounded by what it is about: one count, one word for each of the user's groups, one end.</remarks>
internal sealed class CentralReporter(ICentralHubGrain central, UserKey user, long epoch, HubGroups all, ClusterOptions cluster, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _groups = new(StringComparer.Ordinal);
    private (int Clients, long Joins)? _activity;
    private bool _repeated = true;
    private bool _ended;
    private TaskCompletionSource? _sending;
    private bool _isOver;

    public void Activity(int clients, long joins)
    {
        lock (_gate)
        {
            // A hub that began anew has not ended.
            (_activity, _ended) = ((clients, joins), false);
            Send();
        }
    }

    public void Group(string group, bool member)
    {
        lock (_gate)
        {
            _groups[group] = member;
            Send();
        }
    }

    /// <summary>With the next word of activity go all groups: the central hub may have begun anew and know none, as it knows those of the hub before this one.</summary>
    public void Repeat()
    {
        lock (_gate) _repeated = true;
    }

    public void Ended()
    {
        lock (_gate)
        {
            _ended = true;
            Send();
        }
    }

    /// <summary>Ends when the central hub has heard all that it has been told so far, or has been out of reach for as long as a lease.</summary>
    public async Task HeardAsync()
    {
        Task heard;
        lock (_gate) heard = _sending?.Task ?? Task.CompletedTask;
        await Task.WhenAny(heard, Task.Delay(cluster.Lease, time));
    }

    /// <summary>What has not been heard by now is given one more try and no other.</summary>
    public void Stop()
    {
        lock (_gate) _isOver = true;
    }

    // Under the gate.
    private void Send()
    {
        if (_sending is not null) return;
        _sending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // Not from within: the caller's turn goes on, and its thread may be a grain's.
        ThreadPool.UnsafeQueueUserWorkItem(static reporter => _ = reporter.SendAsync(), this, preferLocal: true);
    }

    private async Task SendAsync()
    {
        TenantContext.Set(user.Tenant);
        while (true)
        {
            (int Clients, long Joins)? activity;
            KeyValuePair<string, bool>[] groups;
            string[]? every;
            bool ended;
            lock (_gate)
            {
                (activity, groups, ended) = (_activity, [.. _groups], _ended);
                every = activity is not null && _repeated ? all.Now.Names : null;
                if (activity is null && groups.Length == 0 && !ended)
                {
                    Sent();
                    return;
                }

                (_activity, _ended) = (null, false);
                if (every is not null) _repeated = false;
                _groups.Clear();
            }

            try
            {
                if (activity is { } news && !await central.Report(user.UserId, epoch, news.Clients, news.Joins, every)) AskedToRepeat(news);
                foreach (var (group, member) in groups) await central.Group(user.UserId, epoch, group, member);
                if (ended) await central.Ended(user.UserId, epoch);
            }
            catch (Exception)
            {
                if (!TakeBack(activity, groups, every is not null, ended)) return;
                await Task.Delay(cluster.RetryDelay, time);
            }
        }
    }

    // Under the gate.
    private void Sent()
    {
        _sending!.TrySetResult();
        _sending = null;
    }

    // What came meanwhile is newer.
    private bool TakeBack((int Clients, long Joins)? activity, KeyValuePair<string, bool>[] groups, bool repeated, bool ended)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                Sent();
                return false;
            }

            if (_activity is null) (_activity, _ended) = (activity, ended || _ended);
            foreach (var (group, member) in groups) _groups.TryAdd(group, member);
            _repeated |= repeated;
            return true;
        }
    }

    // The central hub does not know this hub: it was lost since it heard of it last.
    private void AskedToRepeat((int Clients, long Joins) activity)
    {
        lock (_gate)
        {
            if (!_isOver) (_activity, _repeated) = (_activity ?? activity, true);
        }
    }
}
