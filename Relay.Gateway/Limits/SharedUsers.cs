using Relay.Core;
using Relay.Core.Limits;
using Relay.Core.Runtime;

namespace Relay.Gateway.Limits;

/// <summary>The users of this process whose limits are counted for the whole cluster.</summary>
internal sealed class SharedUsers : IUserLimitHost, IDisposable
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<CentralKey, OwnerLink> _owners = [];
    private readonly IUserLimitRuntime _runtime;
    private readonly RuntimeClock _clock;
    private readonly ITimer _sweep;
    private long _number;

    public SharedUsers(IUserLimitRuntime runtime, RuntimeClock clock)
    {
        (_runtime, _clock) = (runtime, clock);
        runtime.Serve(this);
        _sweep = clock.Provider.CreateTimer(static state => ((SharedUsers)state!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    /// <summary>Users that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _owners.Values.Sum(static link => link.Count);
        }
    }

    /// <summary>A user, who is kept until <see cref="SharedUser.Leave"/>; null when too many wait for an answer already.</summary>
    public SharedUser? Enter(UserKey key, SubjectLimits limits)
    {
        var owner = _runtime.OwnerOf(key);
        lock (_gate)
        {
            if (!_owners.TryGetValue(owner, out var link)) _owners.Add(owner, link = new(owner, _runtime, _clock, () => Interlocked.Increment(ref _number)));
            return link.Enter(key.UserId, limits);
        }
    }

    /// <summary>Limits have changed.</summary>
    public void Change(Func<TenantId, SubjectLimits> limits)
    {
        lock (_gate)
            foreach (var (_, link) in _owners) link.Change(limits(link.Tenant));
    }

    public UserHoldings Hold(CentralKey owner, long life)
    {
        lock (_gate) return new(Interlocked.Read(ref _number), _owners.TryGetValue(owner, out var link) ? link.Hold(life) : []);
    }

    /// <summary>Lets go of what is not used, and tells the owners that this process lives.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (var (owner, link) in _owners)
            {
                link.Sweep();
                if (link.Count == 0) _owners.Remove(owner);
            }
        }
    }

    public void Dispose()
    {
        _sweep.Dispose();
        lock (_gate)
            foreach (var (_, link) in _owners) link.Stop();
    }
}
