using System.Net;
using System.Runtime.InteropServices;
using Relay.Core.Limits;
using Relay.Core.Runtime;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>
/// How many tokens of an address may turn out bad by their signature, which is what costs: with the budget gone, tokens that are not known yet are not looked at.
/// Addresses are few in memory: beyond a bound, new ones share one budget until the oldest are whole again.
/// </summary>
internal sealed class FailureBudget(int perSecond, TimeProvider time)
{
    private const int MaxAddresses = 10_000;

    private readonly Dictionary<AddressKey, RateLimit> _failures = [];
    private readonly Lock _gate = new();
    private readonly RuntimeClock _clock = new(time);
    private RateLimit _others;
    private TimeSpan _forgot;

    /// <summary>Addresses that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _failures.Count;
        }
    }

    /// <summary>Whether a token of the address may be looked at.</summary>
    public bool Allows(IPAddress? address)
    {
        if (perSecond == 0) return true;
        lock (_gate)
        {
            var failures = Kept(AddressKey.Of(address)) is { } key ? _failures.GetValueOrDefault(key) : _others;
            return failures.WaitFor(1, perSecond, _clock.Now) == TimeSpan.Zero;
        }
    }

    /// <summary>A token of the address was bad.</summary>
    public void Failed(IPAddress? address)
    {
        if (perSecond == 0) return;
        var now = _clock.Now;
        lock (_gate)
        {
            if (_failures.Count >= MaxAddresses) Forget(now);
            if (Kept(AddressKey.Of(address)) is not { } key) _others.Take(1, perSecond, now);
            else CollectionsMarshal.GetValueRefOrAddDefault(_failures, key, out _).Take(1, perSecond, now);
        }
    }

    // While there are too many addresses, one that is not kept is judged as the others are. So is what has no address.
    private AddressKey? Kept(AddressKey? address) => address is { } key && (_failures.Count < MaxAddresses || _failures.ContainsKey(key)) ? key : null;

    // Once a second: a flood from everywhere must not have all of them looked through each time.
    private void Forget(TimeSpan now)
    {
        if (now - _forgot < TimeSpan.FromSeconds(1)) return;
        _forgot = now;
        foreach (var (address, failures) in _failures)
            if (failures.IsWhole(now)) _failures.Remove(address);
    }
}
