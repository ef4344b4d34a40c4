using Relay.Core;
using Relay.Core.Runtime;
using Relay.Core.Tunnel;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Tunnel;

/// <summary>Who has how many tunnels, and how many bytes they may still move: for each user, and for each tenant.</summary>
internal sealed class TunnelAccounts
{
    private readonly Dictionary<object, Ledger> _ledgers = [];
    private readonly Lock _gate = new();
    private readonly Func<TenantId, RelayTunnelOptions> _options;
    private readonly LimitTable _limits;
    private readonly RuntimeClock _clock;

    /// <param name="options">What a tenant's tunnels may now.</param>
    /// <param name="limits">Who counts the tenants' usage.</param>
    public TunnelAccounts(Func<TenantId, RelayTunnelOptions> options, LimitTable limits) => (_options, _limits, _clock) = (options, limits, new(limits.Time));

    public TimeProvider Time => _clock.Provider;

    /// <summary>A place for one more tunnel, or null and a sentence that says which limit there is.</summary>
    public TunnelAccount? TryOpen(TunnelOwner who, out string fault)
    {
        var (now, options) = (_clock.Now, _options(who.Tenant));
        lock (_gate)
        {
            var user = Find(who, options.UserBytesPerSecond, options.UserBytes, options.QuotaPeriod);
            var tenant = Find(who.Tenant, options.TenantBytesPerSecond, options.TenantBytes, options.QuotaPeriod);
            fault = "";
            if (user.Tunnels >= options.MaxPerUser) fault = $"The user has {options.MaxPerUser} tunnels, the most that tunnel.max_per_user allows.";
            else if (tenant.Tunnels >= options.MaxPerTenant) fault = $"The tenant has {options.MaxPerTenant} tunnels, the most that tunnel.max_per_tenant allows.";
            else if (user.Budget.IsUsedUp(now)) fault = "The user's bytes are used up; see tunnel.user_bytes.";
            else if (tenant.Budget.IsUsedUp(now)) fault = "The tenant's bytes are used up; see tunnel.tenant_bytes.";
            if (fault.Length > 0)
            {
                Forget(who, user, now);
                Forget(who.Tenant, tenant, now);
                return null;
            }

            user.Tunnels++;
            tenant.Tunnels++;
            var usage = _limits.Hold(who.Tenant);
            usage.Usage.CountTunnel();
            return new(this, who, user, tenant, usage);
        }
    }

    /// <summary>Lets go of those that would begin anew as they are. Called by the sweep.</summary>
    public void Sweep()
    {
        var now = _clock.Now;
        lock (_gate)
        {
            foreach (var (key, ledger) in _ledgers) Forget(key, ledger, now);
        }
    }

    /// <summary>How long a tunnel waits before it moves more; null when its bytes are used up.</summary>
    internal TimeSpan? Take(TunnelAccount account, int bytes)
    {
        if (!account.User.IsBounded && !account.Tenant.IsBounded) return TimeSpan.Zero;
        var now = _clock.Now;
        lock (_gate)
        {
            var user = account.User.Budget.Take(bytes, now);
            var tenant = account.Tenant.Budget.Take(bytes, now);
            if (account.User.Budget.IsUsedUp(now) || account.Tenant.Budget.IsUsedUp(now)) return null;
            return user > tenant ? user : tenant;
        }
    }

    internal void Close(TunnelAccount account)
    {
        _limits.Release(account.Usage);
        var now = _clock.Now;
        lock (_gate)
        {
            account.User.Tunnels--;
            account.Tenant.Tunnels--;
            Forget(account.Who, account.User, now);
            Forget(account.Who.Tenant, account.Tenant, now);
        }
    }

    // What has changed of the bounds counts from the next tunnel on, for all that share the ledger.
    private Ledger Find(object key, long bytesPerSecond, long total, TimeSpan period)
    {
        if (_ledgers.TryGetValue(key, out var ledger)) ledger.Budget.Bound(bytesPerSecond, total, period);
        else _ledgers.Add(key, ledger = new() { Budget = new(bytesPerSecond, total, period) });
        ledger.IsBounded = (bytesPerSecond | total) != 0;
        return ledger;
    }

    private void Forget(object key, Ledger ledger, TimeSpan now)
    {
        if (ledger.Tunnels == 0 && ledger.Budget.IsWhole(now)) _ledgers.Remove(key);
    }

    /// <summary>Under the lock only, but for <see cref="IsBounded"/>.</summary>
    internal sealed class Ledger
    {
        private volatile bool _isBounded;

        /// <summary>Whether its bytes have a limit.</summary>
        public bool IsBounded
        {
            get => _isBounded;
            set => _isBounded = value;
        }

        public int Tunnels { get; set; }

        public ByteBudget Budget;
    }
}

/// <summary>Whose a tunnel is. Without a user id it is nobody's, and all of those are one user to the limits.</summary>
internal readonly record struct TunnelOwner(TenantId Tenant, string UserId);

/// <summary>One tunnel's place among its user's and its tenant's.</summary>
internal sealed class TunnelAccount(TunnelAccounts accounts, TunnelOwner who, TunnelAccounts.Ledger user, TunnelAccounts.Ledger tenant, TenantLedger usage)
{
    private FoldedCount _up;
    private FoldedCount _down;

    public TunnelOwner Who => who;

    internal TenantLedger Usage => usage;

    internal TunnelAccounts.Ledger User => user;

    internal TunnelAccounts.Ledger Tenant => tenant;

    /// <summary>Counts bytes. Gives how long to wait before more are moved, or null when they are used up.</summary>
    public TimeSpan? Take(int bytes) => accounts.Take(this, bytes);

    /// <summary>Adds to the tenant's usage what the tunnel has moved since the last time. Any thread.</summary>
    /// <param name="up">All bytes of the client.</param>
    /// <param name="down">All bytes of the target.</param>
    public void Fold(long up, long down)
    {
        var (ups, downs) = (_up.Advance(up), _down.Advance(down));
        if (ups > 0 || downs > 0) usage.Usage.CountTunnelBytes(ups, downs);
    }

    /// <summary>Gives the place back. Once.</summary>
    public void Close() => accounts.Close(this);
}
