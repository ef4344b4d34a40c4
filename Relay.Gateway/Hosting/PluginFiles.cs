using System.Reflection;
using System.Runtime.Loader;
using Relay.Core.Plugins;

namespace Relay.Gateway.Hosting;

/// <summary>What <c>plugins.directory</c> holds, loaded before the host is built: a silo has to know its authors' grains by then.</summary>
/// <param name="Registrations">The plugin classes.</param>
/// <param name="Faults">What cannot be loaded and why; told together with all that is wrong with the classes.</param>
internal sealed record PluginFiles(IReadOnlyList<PluginRegistration> Registrations, IReadOnlyList<string> Faults)
{
    /// <summary>The plugins' assemblies and those that were loaded for them alone.</summary>
    public IEnumerable<Assembly> Assemblies => Registrations
        .Select(static registration => AssemblyLoadContext.GetLoadContext(registration.Type.Assembly)!)
        .Distinct()
        .SelectMany(static context => context.Assemblies);

    public static PluginFiles Load(string directory)
    {
        var faults = new List<string>();
        return new(PluginLoader.Load(directory, faults), faults);
    }
}
