using System.Runtime.Loader;
using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

public sealed class PluginLoaderTests : IDisposable
{
    private readonly PluginFolder _folder = new();
    private readonly List<string> _faults = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheContractComesFromTheHostAlsoWhenTheFolderHasItsOwnCopy()
    {
        _folder.CompilePlugin("Greeter/Greeter.dll", "greet_");
        var contract = typeof(IRelayPlugin).Assembly;
        foreach (var name in contract.GetReferencedAssemblies().Where(name => name.Name!.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)).Append(contract.GetName()))
        {
            File.Copy(AssemblyLoadContext.Default.LoadFromAssemblyName(name).Location, _folder.File($"Greeter/{name.Name}.dll"));
        }

        Assert.True(File.Exists(_folder.File("Greeter/Relay.Abstractions.dll")));
        var plugin = Assert.Single(Load().Plugins);
        Assert.Empty(_faults);
        Assert.Equal("hello", Ask(plugin));
        var context = AssemblyLoadContext.GetLoadContext(plugin.Type.Assembly)!;
        Assert.NotSame(AssemblyLoadContext.Default, context);
        Assert.Equal(["Greeter"], context.Assemblies.Select(assembly => assembly.GetName().Name));
    }

    [Fact]
    public void EachPluginHasDependenciesOfItsOwn()
    {
        foreach (var version in new[] { "1", "2" })
        {
            var library = _folder.Compile($"V{version}/Words.dll", $$"""public static class Words { public static string Of() => "v{{version}}"; }""", $"{version}.0.0.0");
            _folder.CompilePlugin($"V{version}/V{version}.dll", $"v{version}_", "Words.Of()", library);
        }

        var plugins = Load().Plugins;
        Assert.Empty(_faults);
        Assert.Equal(["v1", "v2"], plugins.Select(Ask));
    }

    [Fact]
    public void ASingleFileIsAPluginAndMayHaveALibraryBesideIt()
    {
        var library = _folder.Compile("Words.dll", """public static class Words { public static string Of() => "beside"; }""");
        _folder.CompilePlugin("Single.dll", "single_", "Words.Of()", library);
        File.Copy(PluginFolder.ContractFile, _folder.File("Relay.Abstractions.dll"));
        File.WriteAllText(_folder.File("readme.txt"), "no plugin");
        File.WriteAllText(_folder.File(".git/config"), "no plugin");
        Assert.Equal("beside", Ask(Assert.Single(Load().Plugins)));
        Assert.Empty(_faults);
    }

    [Fact]
    public void EveryFileThatCannotBeLoadedIsNamed()
    {
        File.WriteAllText(_folder.File("Text/Text.dll"), "not an assembly");
        File.WriteAllText(_folder.File("plain.dll"), "not an assembly");
        Directory.CreateDirectory(_folder.File("Empty"));
        _folder.Compile("Nothing/Nothing.dll", "public class Nothing { }");
        var library = _folder.Compile("Lacking/Words.dll", """public static class Words { public static string Of() => ""; }""");
        _folder.CompilePlugin("Lacking/Lacking.dll", "lacking_", "Words.Of()", library);
        File.Delete(library);
        CompileForContract99("Newer/Newer.dll");
        _folder.CompilePlugin("Shouting/Shouting.dll", "SHOUT_");
        _folder.CompilePlugin("Good/Good.dll", "good_");

        Assert.Equal("good_", Assert.Single(Load().Plugins).Prefix);
        Assert.Collection(
            _faults.Order(StringComparer.Ordinal),
            fault => AssertFault(fault, "Lacking/Lacking.dll", "needs Words 1.0.0.0, which is not there"),
            fault => AssertFault(fault, "Newer/Newer.dll", "was built for Relay.Abstractions 99.0.0.0, this relay has"),
            fault => AssertFault(fault, "Nothing/Nothing.dll", "has no class with [RelayPlugin]"),
            fault => AssertFault(fault, "Text/Text.dll", "is not a .NET assembly"),
            fault => AssertFault(fault, "plain.dll", "is not a .NET assembly"),
            fault => AssertFault(fault, "Shouting/Shouting.dll", "has the prefix 'SHOUT_'"),
            fault => AssertFault(fault, "Empty", "its main assembly Empty.dll is not there"));
    }

    [Fact]
    public void ADependencyOfTheWrongVersionIsNamed()
    {
        var library = _folder.Compile("Old/Words.dll", """public static class Words { public static string Of() => ""; }""", "2.0.0.0");
        _folder.CompilePlugin("Old/Old.dll", "old_", "Words.Of()", library);
        _folder.Compile("Old/Words.dll", """public static class Words { public static string Of() => ""; }""", "1.0.0.0");
        Assert.Empty(Load().Plugins);
        AssertFault(Assert.Single(_faults), "Old/Old.dll", "needs Words 2.0.0.0, which is there as 1.0.0.0");
    }

    [Theory]
    [InlineData(true, "needs a Orleans.IGrainFactory for its constructor, which the host's services do not have; grains are there in a cluster only")]
    [InlineData(false, "needs Orleans.Core.Abstractions 1.0.0.0, which is not there; grains are there in a cluster only")]
    public void APluginThatWantsGrainsIsRefusedWhereThereAreNone(bool withItsOwnCopy, string fault)
    {
        var orleans = _folder.Compile("Grains/Orleans.Core.Abstractions.dll", "namespace Orleans { public interface IGrainFactory { } }");
        _folder.Compile(
            "Grains/Grains.dll",
            """
            [Relay.Abstractions.RelayPlugin("grains_")]
            public sealed class Grains : Relay.Abstractions.RelayPlugin
            {
                public Grains(Orleans.IGrainFactory grains) { }

                [Relay.Abstractions.Topic("ask")]
                public void Ask(Relay.Abstractions.PluginMessage message) => message.Reply("asked");
            }
            """,
            "1.0.0.0",
            orleans);
        if (!withItsOwnCopy) File.Delete(orleans);
        using var services = new ServiceCollection().BuildServiceProvider();
        Assert.Empty(PluginRegistry.Build(PluginLoader.Load(_folder.Path, _faults), _ => PluginSettings.None, _faults, services.GetRequiredService<IServiceProviderIsService>()).Plugins);
        AssertFault(Assert.Single(_faults), "Grains/Grains.dll", fault);
    }

    [Fact]
    public void TwoFilesWithOnePrefixAreBothNamed()
    {
        var one = _folder.CompilePlugin("One/One.dll", "same_");
        var two = _folder.CompilePlugin("Two.dll", "same_");
        Load();
        var fault = Assert.Single(_faults);
        Assert.Contains("two plugins have the prefix 'same_'", fault);
        Assert.Contains(one, fault);
        Assert.Contains(two, fault);
    }

    [Fact]
    public void ADirectoryThatDoesNotExistHasNoPlugins()
    {
        Assert.Empty(PluginLoader.Load(_folder.File("gone/nowhere"), _faults));
        Assert.Empty(_faults);
    }

    private PluginRegistry Load() => PluginRegistry.Build(PluginLoader.Load(_folder.Path, _faults), _ => PluginSettings.None, _faults);

    private void CompileForContract99(string name)
    {
        var contract = _folder.Compile(
            "Newer/Relay.Abstractions.dll",
            """
            namespace Relay.Abstractions
            {
                public sealed class RelayPluginAttribute : System.Attribute { public RelayPluginAttribute(string prefix) { } }
                public interface IRelayPlugin { }
            }
            """,
            "99.0.0.0");
        _folder.Compile(name, """[Relay.Abstractions.RelayPlugin("new_")] public sealed class Newer : Relay.Abstractions.IRelayPlugin { }""", "1.0.0.0", contract);
    }

    private void AssertFault(string fault, string file, string what)
    {
        Assert.Contains(Path.Combine(_folder.Path, file), fault);
        Assert.Contains(what, fault);
    }

    private static string? Ask(PluginDescriptor plugin)
    {
        var message = new TestPluginMessage("ask");
        plugin.Create(EmptyServices.Instance).Plugin.HandleAsync(message, default).MustBeDone();
        return message.Answer;
    }

    private sealed class EmptyServices : IServiceProvider
    {
        public static readonly EmptyServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
