using System.Reflection;
using System.Runtime.Loader;
using Relay.Abstractions;

namespace Relay.Gateway.Hosting;

/// <summary>Loads one plugin assembly and its own dependencies, apart from those of the host and of other plugins.</summary>
/// <remarks>
/// What the contract is made of always comes from the host, also when the plugin's folder has a copy: a type that was
/// loaded twice is two types, and <see cref="IRelayPlugin"/> of the one is not <see cref="IRelayPlugin"/> of the other.
/// </remarks>
internal sealed class PluginLoadContext : AssemblyLoadContext
{
    private static readonly HashSet<string> HostNames = NamesOfHost();
    private static readonly HashSet<string> ContractNames = NamesOfContract();

    private readonly AssemblyDependencyResolver _resolver;

    /// <param name="path">The plugin's main assembly. Dependencies are found by its <c>.deps.json</c>, or beside it when it has none.</param>
    public PluginLoadContext(string path)
        : base(path) => _resolver = new(path);

    /// <summary>Whether an assembly comes from the host: the contract, and what travels with it as far as the host has it.</summary>
    public static bool IsShared(string name) => ContractNames.Contains(name) || (HostNames.Contains(name) && TravelsWithContract(name));

    /// <summary>Whether an assembly is one of Orleans', which only a silo has.</summary>
    public static bool IsOfGrains(string name) => name.StartsWith("Orleans.", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName name)
    {
        // Null sends the runtime to the host's context.
        if (IsShared(name.Name ?? "")) return null;
        return _resolver.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string name) =>
        _resolver.ResolveUnmanagedDllToPath(name) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private static HashSet<string> NamesOfHost()
    {
        var files = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return files.Select(file => Path.GetFileNameWithoutExtension(file)!).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The contract, and what its signatures are made of: System.Text.Json above all.</summary>
    private static HashSet<string> NamesOfContract()
    {
        var contract = typeof(IRelayPlugin).Assembly;
        return contract.GetReferencedAssemblies().Append(contract.GetName()).Select(name => name.Name!).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What a constructor may be given by the host's services; in a silo also what grains are made of.</summary>
    private static bool TravelsWithContract(string name) => IsOfGrains(name) || (name.StartsWith("Microsoft.Extensions.", StringComparison.OrdinalIgnoreCase)
        && (name.EndsWith(".Abstractions", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".Options", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".Primitives", StringComparison.OrdinalIgnoreCase)));
}
