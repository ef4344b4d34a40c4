using System.Reflection;

namespace Relay.Gateway.Hosting;

/// <summary>The version of this build.</summary>
internal static class RelayVersion
{
    /// <summary>The version with the commit that it was built from, where the build knew it.</summary>
    public static string Text { get; } =
        typeof(RelayVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
