using System.Collections.Immutable;
using System.Net;

namespace Relay.Core.Tunnel;

/// <summary>What the policy says.</summary>
/// <param name="IsAllowed">Whether the tunnel may go there.</param>
/// <param name="Text">The rule that allows it, or a sentence that names why not.</param>
public readonly record struct EgressVerdict(bool IsAllowed, string Text);

/// <summary>
/// Where tunnels may go: nowhere but where a rule says. A name is checked before it is looked up, so that what is not allowed is not asked for
/// either; then each address that it has is checked by itself, whatever rule allowed the name.
/// </summary>
/// <param name="rules">The rules; the order does not matter.</param>
/// <param name="source">The setting that they come from, for the sentences.</param>
public sealed class EgressPolicy(ImmutableArray<EgressRule> rules, string source)
{
    /// <summary>Checks a target before anything is done for it. Of a name, the addresses must be checked as well.</summary>
    /// <param name="target">The target.</param>
    /// <returns>The verdict.</returns>
    public EgressVerdict Check(TunnelTarget target)
    {
        if (target.Address is { } address) return CheckAddress(address, target.Port, mustBeNamed: true);
        EgressRule? otherPorts = null;
        foreach (var rule in rules)
        {
            if (!rule.HasName(target.Host)) continue;
            if (rule.HasPort(target.Port)) return new(true, rule.Text);
            otherPorts = rule;
        }

        return otherPorts is null
            ? new(false, $"No rule of {source} allows {target.Host}.")
            : new(false, $"The rule {otherPorts.Text} of {source} does not allow port {target.Port}.");
    }

    /// <summary>Checks an address that an allowed name has.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <returns>The verdict.</returns>
    public EgressVerdict Check(IPAddress address, int port) => CheckAddress(address, port, mustBeNamed: false);

    private EgressVerdict CheckAddress(IPAddress address, int port, bool mustBeNamed)
    {
        var special = SpecialAddresses.Find(address);
        EgressRule? allows = null, otherPorts = null;
        foreach (var rule in rules)
        {
            // A rule names a special block only when it lies in it: 0.0.0.0/0 is all that is public.
            var names = rule.Network is { } network
                ? network.Contains(address) && (special is not { } block || network.IsWithin(block.Block))
                : special is null && rule.IsAny;
            if (!names) continue;
            if (rule.HasPort(port)) allows = rule;
            else otherPorts = rule;
        }

        if (allows is null && special is null && !mustBeNamed) return new(true, "");
        if (allows is null && otherPorts is not null) return new(false, $"The rule {otherPorts.Text} of {source} does not allow port {port}.");
        if (allows is null) return new(false, special is { Name: var name } ? $"{address} is {name}, and no rule of {source} names it." : $"No rule of {source} allows {address}.");

        // Who translates the address would go to this one.
        return SpecialAddresses.Embedded(address) is { } embedded && CheckAddress(embedded, port, mustBeNamed: false) is { IsAllowed: false } refused ? refused : new(true, allows.Text);
    }
}
