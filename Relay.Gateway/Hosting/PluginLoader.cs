using System.Reflection;
using Relay.Abstractions;
using Relay.Core.Plugins;

namespace Relay.Gateway.Hosting;

/// <summary>Finds plugins in <c>plugins.directory</c>: <c>Name/Name.dll</c> with its dependencies beside it, and single <c>*.dll</c> files.</summary>
/// <remarks>A plugin stays loaded until the process ends. Everything that is wrong is collected, each with its file.</remarks>
internal sealed class PluginLoader(ICollection<string> faults)
{
    private static readonly AssemblyName Contract = typeof(IRelayPlugin).Assembly.GetName();

    private readonly List<PluginRegistration> _found = [];

    /// <summary>Loads all plugin assemblies of a directory. One that does not exist has none: the default need not be there.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="faults">Takes what cannot be loaded and why. The relay does not start when there is anything.</param>
    /// <returns>The plugin classes, in the order of their files.</returns>
    public static IReadOnlyList<PluginRegistration> Load(string directory, ICollection<string> faults)
    {
        var loader = new PluginLoader(faults);
        if (Directory.Exists(directory)) loader.LoadDirectory(Path.GetFullPath(directory));
        return loader._found;
    }

    private void LoadDirectory(string directory)
    {
        string[] folders, files;
        try
        {
            folders = [.. Directory.GetDirectories(directory).Order(StringComparer.Ordinal)];
            files = [.. Directory.GetFiles(directory, "*.dll").Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            faults.Add($"plugins.directory {directory}: {error.Message}");
            return;
        }

        foreach (var folder in folders)
        {
            var name = Path.GetFileName(folder);
            if (name.StartsWith('.')) continue;
            var file = Path.Combine(folder, name + ".dll");
            if (!File.Exists(file)) faults.Add($"plugin folder {folder}: its main assembly {name}.dll is not there");
            else if (LoadFile(file) == 0) faults.Add($"plugin {file}: has no class with [RelayPlugin]");
        }

        foreach (var file in files)
        {
            // A file beside others may be a library of theirs, so it need not hold a plugin; and the contract is the host's.
            if (!PluginLoadContext.IsShared(Path.GetFileNameWithoutExtension(file))) LoadFile(file);
        }
    }

    /// <summary>Returns how many plugin classes there are, or null when the file could not be read so far.</summary>
    private int? LoadFile(string file)
    {
        try
        {
            var context = new PluginLoadContext(file);
            var assembly = context.LoadFromAssemblyPath(file);
            if (!HasItsReferences(context, assembly, file)) return null;
            var plugins = assembly.GetTypes().Where(type => type.IsDefined(typeof(RelayPluginAttribute), inherit: false)).ToList();
            _found.AddRange(plugins.Select(type => new PluginRegistration(type)));
            return plugins.Count;
        }
        catch (ReflectionTypeLoadException error)
        {
            foreach (var message in error.LoaderExceptions.Select(inner => inner?.Message).Distinct()) faults.Add($"plugin {file}: {message}");
        }
        catch (BadImageFormatException)
        {
            faults.Add($"plugin {file}: is not a .NET assembly that this relay can load (a native library belongs into a folder with the plugin that uses it)");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException or TypeLoadException)
        {
            faults.Add($"plugin {file}: {error.Message}");
        }

        return null;
    }

    /// <summary>Loads what the assembly refers to now, so that a missing file is found at start and not in the middle of a message.</summary>
    private bool HasItsReferences(PluginLoadContext context, Assembly assembly, string file)
    {
        var before = faults.Count;
        foreach (var reference in assembly.GetReferencedAssemblies())
        {
            if (reference.Name == Contract.Name && reference.Version > Contract.Version) faults.Add($"plugin {file}: was built for {Contract.Name} {reference.Version}, this relay has {Contract.Version}");
            else if (FaultOf(context, reference) is { } fault) faults.Add($"plugin {file}: needs {reference.Name} {reference.Version}, {fault}; {Remedy(reference)}");
        }

        return faults.Count == before;
    }

    private static string Remedy(AssemblyName reference) => PluginLoadContext.IsOfGrains(reference.Name!)
        ? "grains are there in a cluster only (Relay.Silo, roles silo and all)"
        : "publish the plugin with its dependencies into a folder of its own";

    private static string? FaultOf(PluginLoadContext context, AssemblyName reference)
    {
        try
        {
            // A load context of one's own takes whatever version its Load finds; only the host's own asks for a high enough one.
            var found = context.LoadFromAssemblyName(reference).GetName().Version;
            return found < reference.Version ? $"which is there as {found}" : null;
        }
        catch (FileNotFoundException)
        {
            return "which is not there";
        }
        catch (Exception error) when (error is IOException or BadImageFormatException)
        {
            return "which cannot be loaded";
        }
    }
}
