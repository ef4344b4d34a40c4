using System.Collections.Immutable;
using Relay.Core;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>
/// Which tenants there are now, and what each may: those of the settings, and those of the operators' API. Where a tenant is in both, the
/// settings count. As long as the settings name none and authentication is off, every name is a tenant.
/// </summary>
internal sealed class TenantDirectory
{
    private readonly Lock _gate = new();
    private volatile State _state;
    private volatile bool _isComplete;

    public TenantDirectory(RelaySettings settings) => _state = State.Of(settings, ImmutableDictionary<TenantId, RelayTenantOptions>.Empty, null);

    /// <summary>
    /// Told of each tenant that was added, changed, suspended or removed, one after the other, when <see cref="Find"/> knows of it already.
    /// Whoever is told does not wait, and does not change the directory.
    /// </summary>
    public event Action<TenantChange>? Changed;

    /// <summary>The settings of tenants of which nothing differs, as they are now.</summary>
    public RelaySettings Settings => _state.Settings;

    /// <summary>Another object whenever something has changed; whoever derives something from all tenants keeps it by this.</summary>
    public object Edition => _state;

    /// <summary>Whether a tenant is there, and not suspended.</summary>
    public bool Serves(TenantId id) => Find(id) is { IsSuspended: false };

    /// <summary>What the relay does for one tenant at the least.</summary>
    public TenantJobs Jobs => _state.Jobs;

    /// <summary>In whose name the relay's operator acts: nobody's in particular, so that no tenant's suspension locks the operator out.</summary>
    public Tenant Relay => new(TenantId.Default, TenantSource.Open, RelayTenantOptions.Default, _state.Settings);

    /// <summary>Whether every name is a tenant.</summary>
    public bool IsOpen => _state.IsOpen;

    /// <summary>Whether what is stored has been read: until then a name that is not found may be a tenant's all the same.</summary>
    public bool IsComplete { get => _isComplete; private set => _isComplete = value; }

    /// <summary>Whether the settings name a tenant, so that they alone say what it may.</summary>
    public bool IsOfSettings(TenantId id) => _state is var state && state.Settings.NamesTenants && state.Settings.Tenants.ContainsKey(id.Name);

    /// <summary>The tenants that somebody named.</summary>
    public IEnumerable<Tenant> Named => _state.Tenants.Values;

    /// <summary>Finds a tenant. What is found belongs to this moment: whoever keeps it asks again, or listens to <see cref="Changed"/>.</summary>
    /// <returns>The tenant, suspended or not, or null when there is no such tenant.</returns>
    public Tenant? Find(TenantId id)
    {
        var state = _state;
        if (state.Tenants.TryGetValue(id, out var tenant)) return tenant;

        // Made anew each time, so that names without end cost nothing that stays.
        return state.IsOpen ? new(id, TenantSource.Open, RelayTenantOptions.Default, state.Settings) : null;
    }

    /// <summary>Takes settings in place of those that there were.</summary>
    public void Take(RelaySettings settings)
    {
        lock (_gate) Move(State.Of(settings, _state.Stored, _state));
    }

    /// <summary>Takes what the operators' API has stored of tenants; null for one that is removed.</summary>
    public void TakeStored(IReadOnlyDictionary<TenantId, RelayTenantOptions?> changes)
    {
        lock (_gate)
        {
            var stored = _state.Stored.ToBuilder();
            foreach (var (id, options) in changes)
            {
                if (options is null) stored.Remove(id);
                else stored[id] = options;
            }

            Move(State.Of(_state.Settings, stored.ToImmutable(), _state));
            IsComplete = true;
        }
    }

    // Under the lock.
    private void Move(State now)
    {
        var was = _state;
        _state = now;
        foreach (var (id, tenant) in was.Tenants)
            if (!now.Tenants.ContainsKey(id)) Changed?.Invoke(new(id, tenant, Find(id)));
        foreach (var (id, tenant) in now.Tenants)
        {
            var before = was.Tenants.GetValueOrDefault(id);
            if (before?.IsSame(tenant) != true) Changed?.Invoke(new(id, before, tenant));
        }

        if ((was.IsOpen || now.IsOpen) && !ReferenceEquals(was.Settings, now.Settings)) Changed?.Invoke(new(null, null, null));
    }

    private sealed record State(
        RelaySettings Settings,
        bool IsOpen,
        ImmutableDictionary<TenantId, RelayTenantOptions> Stored,
        ImmutableDictionary<TenantId, Tenant> Tenants,
        TenantJobs Jobs)
    {
        public static State Of(RelaySettings settings, ImmutableDictionary<TenantId, RelayTenantOptions> stored, State? before)
        {
            var tenants = ImmutableDictionary.CreateBuilder<TenantId, Tenant>();
            foreach (var (id, options) in stored) tenants[id] = Make(id, TenantSource.Api, options);
            var isNamed = settings.NamesTenants;
            foreach (var (name, options) in settings.Tenants)
            {
                var id = new TenantId(name);
                if (isNamed || !tenants.ContainsKey(id)) tenants[id] = Make(id, TenantSource.Settings, options);
            }

            var jobs = tenants.Values.Aggregate(TenantJobTable.Of(settings), static (all, tenant) => all | tenant.Jobs);
            return new(settings, !isNamed && settings.Auth.Mode == AuthMode.None, stored, tenants.ToImmutable(), jobs);

            // A tenant of which nothing has changed stays the same one, with all that is derived from it.
            Tenant Make(TenantId id, TenantSource source, RelayTenantOptions options) =>
                ReferenceEquals(before?.Settings, settings) && before.Tenants.GetValueOrDefault(id) is { } known && known.Source == source && ReferenceEquals(known.Options, options)
                    ? known
                    : new(id, source, options, TenantSettings.Of(settings, options));
        }
    }
}
