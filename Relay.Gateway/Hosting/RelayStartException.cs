namespace Relay.Gateway.Hosting;

/// <summary>The relay cannot start with what it has been given: plugins that cannot be loaded, settings of plugins that are not there.</summary>
internal sealed class RelayStartException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
