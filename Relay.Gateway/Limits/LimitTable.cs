using System.Net;
using Relay.Core;
using Relay.Core.Limits;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Limits;

/// <summary>
/// The limits of <c>limits.*</c> in this process: who has how much open, and how fast tenants, users and addresses are. An account is there as long as it has
/// something to remember, so that made-up names and addresses cost nothing that stays.
/// </summary>
internal sealed partial class LimitTable : IDisposable
{
    // Of tenants that nobody has connections of, so many are remembered for their usage.
    private const int MaxIdleTenants = 10_000;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<TenantId, TenantLedger> _tenants = [];
    private readonly Dictionary<UserKey, LimitAccount> _users = [];
    private readonly Dictionary<AddressKey, LimitAccount> _addresses = [];
    private readonly Func<TenantId, RelayLimitsOptions> _limits;
    private readonly SubjectLimits _address;
    private readonly RuntimeClock _clock;
    private readonly ITimer _sweep;
    private SharedUsers? _shared;
    private UsageCounts _forgotten;

    /// <summary>Makes it.</summary>
    /// <param name="time">The source of time.</param>
    /// <param name="address">What bounds an address.</param>
    /// <param name="limits">What bounds a tenant and its users now.</param>
    public LimitTable(TimeProvider time, SubjectLimits address, Func<TenantId, RelayLimitsOptions> limits)
    {
        (_clock, _address, _limits) = (new(time), address, limits);
        Since = time.GetUtcNow();
        _sweep = time.CreateTimer(static state => ((LimitTable)state!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    /// <summary>Told of each tenant that comes here, under the table's lock.</summary>
    public event Action<TenantId>? Began;

    public LimitCounters Counters { get; } = new();

    /// <summary>Since when usage is counted.</summary>
    public DateTimeOffset Since { get; }

    public TimeSpan Now => _clock.Now;

    public TimeProvider Time => _clock.Provider;

    /// <summary>A request has come from an address, of which nothing else is known yet.</summary>
    /// <returns>Null, or the limit that refuses it.</returns>
    public LimitRefusal? TryAddress(IPAddress? from)
    {
        if (_address.ConnectsPerSecond == 0 || AddressKey.Of(from) is not { } key) return null;
        lock (_gate)
        {
            if (Find(_addresses, key, _address).TryConnect(Now, out var retryAfter)) return null;
            return Refuse(LimitKind.AddressConnects, retryAfter, null);
        }
    }

    /// <summary>An address has opened a TCP connection. Whatever the answer, <see cref="CloseAddress"/> says when it has ended.</summary>
    /// <returns>How many it has, in multiples of what it may; 0 without a limit.</returns>
    public double OpenAddress(IPAddress? from)
    {
        if (_address.Connections == 0 || AddressKey.Of(from) is not { } key) return 0;
        lock (_gate)
        {
            var account = Find(_addresses, key, _address);
            account.OpenBeyond();
            return (double)account.Open / _address.Connections;
        }
    }

    /// <summary>A TCP connection that was opened has ended.</summary>
    public void CloseAddress(IPAddress? from)
    {
        if (_address.Connections == 0 || AddressKey.Of(from) is not { } key) return;
        lock (_gate) _addresses[key].Close();
    }

    /// <summary>From here on the limits of users are counted for the whole cluster.</summary>
    public void Share(IUserLimitRuntime runtime) => _shared ??= new(runtime, _clock);

    /// <summary>Somebody of a tenant wants to open a socket, or makes an HTTP request.</summary>
    /// <returns>Null, or the limit that refuses it.</returns>
    public ValueTask<LimitRefusal?> TryConnectAsync(TenantId tenant, string? userId) =>
        IsShared(tenant, userId, out var user) ? TryConnectAsync(tenant, user) : new(TryConnect(tenant, userId));

    /// <summary>A socket is open: gives it its place, and counts what it does.</summary>
    /// <returns>What counts, or the limit that refuses it.</returns>
    public ValueTask<(ConnectionMeter? Meter, LimitRefusal? Refusal)> OpenAsync(TenantId tenant, string? userId) =>
        IsShared(tenant, userId, out var user) ? OpenAsync(tenant, user) : new(Open(tenant, userId));

    /// <summary>An HTTP request carries a message: what the rates leave of it. Its bytes are counted when they are known, by <see cref="RequestMeter"/>.</summary>
    /// <returns>What counts, or the limit that refuses it.</returns>
    public ValueTask<(RequestMeter? Meter, LimitRefusal? Refusal)> TryMessageAsync(TenantId tenant, string? userId) =>
        IsShared(tenant, userId, out var user) ? TryMessageAsync(tenant, user) : new(TryMessage(tenant, userId));

    /// <summary><see cref="TryConnectAsync(TenantId, string?)"/>, where this process alone counts.</summary>
    internal LimitRefusal? TryConnect(TenantId tenant, string? userId)
    {
        lock (_gate)
        {
            // The user first: who is over its own rate takes nothing of the tenant's.
            var limits = _limits(tenant);
            var ledger = Find(tenant, limits);
            if (User(tenant, userId, limits) is { } user && !user.TryConnect(Now, out var retryAfter)) return Refuse(LimitKind.UserConnects, retryAfter, ledger);
            if (!ledger.Limits.TryConnect(Now, out retryAfter)) return Refuse(LimitKind.TenantConnects, retryAfter, ledger);
            ledger.Usage.CountRequest();
            return null;
        }
    }

    /// <summary><see cref="OpenAsync(TenantId, string?)"/>, where this process alone counts.</summary>
    internal (ConnectionMeter? Meter, LimitRefusal? Refusal) Open(TenantId tenant, string? userId)
    {
        lock (_gate)
        {
            var limits = _limits(tenant);
            var (ledger, user) = (Find(tenant, limits), User(tenant, userId, limits));
            if (user?.TryOpen() == false) return (null, Refuse(LimitKind.UserConnections, TimeSpan.Zero, ledger));
            if (!ledger.Limits.TryOpen())
            {
                user?.Close();
                return (null, Refuse(LimitKind.TenantConnections, TimeSpan.Zero, ledger));
            }

            ledger.Holders++;
            return (new(this, ledger, user), null);
        }
    }

    /// <summary><see cref="TryMessageAsync(TenantId, string?)"/>, where this process alone counts.</summary>
    internal (RequestMeter? Meter, LimitRefusal? Refusal) TryMessage(TenantId tenant, string? userId)
    {
        lock (_gate)
        {
            var limits = _limits(tenant);
            var (ledger, user, now) = (Find(tenant, limits), User(tenant, userId, limits), Now);
            if (user is not null && Debt(user, now, LimitKind.UserMessages, LimitKind.UserBytes) is { } ofUser) return (null, Refuse(ofUser.Kind, ofUser.RetryAfter, ledger));
            if (Debt(ledger.Limits, now, LimitKind.TenantMessages, LimitKind.TenantBytes) is { } ofTenant) return (null, Refuse(ofTenant.Kind, ofTenant.RetryAfter, ledger));
            user?.TryTakeMessage(now);
            ledger.Limits.TryTakeMessage(now);
            return (new(this, ledger, user), null);
        }
    }

    /// <summary>What counts the tokens of a call that a plugin makes for a tenant's user.</summary>
    public RequestMeter Tokens(TenantId tenant)
    {
        lock (_gate) return new(this, Find(tenant, _limits(tenant)), null) { CountsTokensOnly = true };
    }

    /// <summary>What counts for a tenant, whatever its limits say: tunnels, which have limits of their own.</summary>
    public TenantLedger Hold(TenantId tenant)
    {
        lock (_gate)
        {
            var ledger = Find(tenant, _limits(tenant));
            ledger.Holders++;
            return ledger;
        }
    }

    public void Release(TenantLedger ledger)
    {
        lock (_gate) ledger.Holders--;
    }

    /// <summary>A tenant's limits have changed: they count for what is open as well.</summary>
    /// <param name="tenant">The tenant; null for all.</param>
    public void Change(TenantId? tenant)
    {
        lock (_gate)
        {
            foreach (var (id, ledger) in _tenants)
                if (tenant is null || id == tenant) Set(ledger.Limits, ledger.Effective(_limits(id).Tenant));
            foreach (var (key, account) in _users)
                if (tenant is null || key.Tenant == tenant) Set(account, _limits(key.Tenant).User);
            _shared?.Change(id => _limits(id).User);
        }
    }

    /// <summary>What a tenant has used.</summary>
    public UsageCounts Usage(TenantId tenant)
    {
        lock (_gate) return _tenants.TryGetValue(tenant, out var ledger) ? ledger.Usage.Read() : default;
    }

    /// <summary>What each tenant has used, and what those have that are not remembered by name any more.</summary>
    public (IReadOnlyList<(TenantId Tenant, UsageCounts Counts)> Tenants, UsageCounts Forgotten) Usage()
    {
        lock (_gate) return ([.. _tenants.Select(static each => (each.Key, each.Value.Usage.Read()))], _forgotten);
    }

    /// <summary>The tenants that have limits, and are here now.</summary>
    public IReadOnlyList<TenantId> Limited()
    {
        var now = Now;
        lock (_gate) return [.. _tenants.Where(each => !each.Value.Limits.Limits.IsNone && (each.Value.Holders > 0 || !each.Value.Limits.IsWhole(now))).Select(static each => each.Key)];
    }

    /// <summary>What a tenant uses here, the share that it goes by, and its limits; null when it is not here.</summary>
    public (LimitUse Use, SubjectLimits Share, SubjectLimits Limits)? Use(TenantId tenant)
    {
        lock (_gate) return _tenants.TryGetValue(tenant, out var ledger) ? (ledger.Measure(Now), ledger.Share ?? SubjectLimits.None, _limits(tenant).Tenant) : null;
    }

    /// <summary>What this process may of a tenant's limits from now on.</summary>
    public void SetShare(TenantId tenant, SubjectLimits share)
    {
        lock (_gate)
        {
            if (!_tenants.TryGetValue(tenant, out var ledger)) return;
            ledger.Share = share;
            Set(ledger.Limits, ledger.Effective(_limits(tenant).Tenant));
        }
    }

    public void Dispose()
    {
        _sweep.Dispose();
        _shared?.Dispose();
    }

    /// <summary>Lets go of what would begin anew as it is.</summary>
    internal void Sweep()
    {
        var now = Now;
        lock (_gate)
        {
            foreach (var (key, account) in _users)
                if (account.IsWhole(now)) _users.Remove(key);
            foreach (var (key, account) in _addresses)
                if (account.IsWhole(now)) _addresses.Remove(key);
            if (_tenants.Count <= MaxIdleTenants) return;
            foreach (var (id, ledger) in _tenants)
            {
                if (ledger.Holders > 0 || !ledger.Limits.IsWhole(now)) continue;
                _forgotten += ledger.Usage.Read();
                _tenants.Remove(id);
                if (_tenants.Count <= MaxIdleTenants) return;
            }
        }
    }

    internal LimitRefusal Refuse(LimitKind kind, TimeSpan retryAfter, TenantLedger? ledger)
    {
        Counters.CountRefused(kind);
        ledger?.Usage.CountRefused();
        return new(kind, retryAfter);
    }

    private static LimitRefusal? Debt(LimitAccount account, TimeSpan now, LimitKind messages, LimitKind bytes)
    {
        if (account.WaitForMessage(now) is { Ticks: > 0 } wait) return new(messages, wait);
        return account.Take(0, 0, now) is { Ticks: > 0 } owed ? new(bytes, owed) : null;
    }

    private static LimitAccount Find<TKey>(Dictionary<TKey, LimitAccount> accounts, TKey key, SubjectLimits limits)
        where TKey : notnull
    {
        if (!accounts.TryGetValue(key, out var account)) accounts.Add(key, account = new(limits));
        return account;
    }

    private static void Set(LimitAccount account, SubjectLimits limits)
    {
        if (account.Limits != limits) account.Limits = limits;
    }

    private TenantLedger Find(TenantId tenant, RelayLimitsOptions limits)
    {
        if (_tenants.TryGetValue(tenant, out var ledger))
        {
            Set(ledger.Limits, ledger.Effective(limits.Tenant));
            return ledger;
        }

        _tenants.Add(tenant, ledger = new(limits.Tenant));
        if (!limits.Tenant.IsNone) Began?.Invoke(tenant);
        return ledger;
    }

    // Nobody is not one user to these limits: whoever wants to bound those without a name bounds their address, or the tenant.
    private LimitAccount? User(TenantId tenant, string? userId, RelayLimitsOptions limits)
    {
        if (_shared is not null || string.IsNullOrEmpty(userId) || limits.User is not { IsNone: false } own) return null;
        var account = Find(_users, new UserKey(tenant, userId), own);
        Set(account, own);
        return account;
    }
}
