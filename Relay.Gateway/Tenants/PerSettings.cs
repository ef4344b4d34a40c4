using System.Runtime.CompilerServices;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>Something that is derived from a tenant's settings, made once for all tenants that share them, and forgotten with them.</summary>
/// <param name="make">Makes it.</param>
internal sealed class PerSettings<T>(Func<RelaySettings, T> make)
    where T : class
{
    private readonly ConditionalWeakTable<RelaySettings, T> _made = [];

    public T Of(RelaySettings settings) => _made.TryGetValue(settings, out var made) ? made : _made.GetValue(settings, key => make(key));
}
