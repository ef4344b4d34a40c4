using System.Net;
using System.Net.Sockets;
using Relay.Core.Runtime;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>
/// How many tokens of an address may turn out bad by their signature, which is what costs: with the budget gone, tokens that are not known yet are not looked at.
/// Addresses are few in memory: beyond a bound, new ones share one budget until the oldest are whole again.
/// </summary>
internal sealed class FailureBudget(int perSecond, TimeProvider time)
{
    private const int MaxAddresses = 10_000;
    private const int Prefix6 = 8;

    private static readonly IPAddress Others = IPAddress.None;

    private readonly Dictionary<IPAddress, Spent> _spent = [];
    private readonly Lock _gate = new();
    private readonly RuntimeClock _clock = new(time);
    private TimeSpan _forgot;

    /// <summary>Addresses that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _spent.Count;
        }
    }

    /// <summary>Whether a token of the address may be looked at.</summary>
    public bool Allows(IPAddress? address)
    {
        if (perSecond == 0) return true;
        lock (_gate) return !_spent.TryGetValue(Find(address), out var spent) || spent.At(_clock.Now, perSecond) < perSecond;
    }

    /// <summary>A token of the address was bad.</summary>
    public void Failed(IPAddress? address)
    {
        if (perSecond == 0) return;
        var now = _clock.Now;
        lock (_gate)
        {
            if (_spent.Count >= MaxAddresses) Forget(now);
            var key = Find(address);
            if (_spent.Count >= MaxAddresses && !_spent.ContainsKey(key)) key = Others;
            _spent[key] = new(_spent.GetValueOrDefault(key).At(now, perSecond) + 1, now);
        }
    }

    // While there are too many addresses, one that is not kept is judged as the others are.
    private IPAddress Find(IPAddress? address)
    {
        var key = KeyOf(address);
        return _spent.Count >= MaxAddresses && !_spent.ContainsKey(key) ? Others : key;
    }

    // Whoever has an IPv6 address has all of its /64.
    private static IPAddress KeyOf(IPAddress? address)
    {
        if (address is null) return Others;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Prefix6).Clear();
        return new(bytes);
    }

    // Once a second: a flood from everywhere must not have all of them looked through each time.
    private void Forget(TimeSpan now)
    {
        if (now - _forgot < TimeSpan.FromSeconds(1)) return;
        _forgot = now;
        foreach (var (address, spent) in _spent)
            if (spent.At(now, perSecond) <= 0) _spent.Remove(address);
    }

    // What was spent comes back with time.
    private readonly record struct Spent(double Failures, TimeSpan Since)
    {
        public double At(TimeSpan now, int perSecond) => Math.Max(0, Failures - ((now - Since).TotalSeconds * perSecond));
    }
}
