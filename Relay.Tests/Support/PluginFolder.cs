using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Relay.Abstractions;

namespace Relay.Tests.Support;

/// <summary>A plugin directory of its own, with assemblies that are compiled into it. Loaded ones stay on the disk when the system does not let them go.</summary>
internal sealed class PluginFolder : IDisposable
{
    private static readonly string[] Framework = ["System.Private.CoreLib", "System.Runtime", "System.Text.Json", "System.Collections", "System.Memory"];

    public string Path { get; } = Directory.CreateTempSubdirectory("relay-plugins-").FullName;

    public static string ContractFile => typeof(IRelayPlugin).Assembly.Location;

    public string File(string name)
    {
        var file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        return file;
    }

    /// <summary>Compiles a source into an assembly that has its file's name.</summary>
    /// <returns>The assembly's path.</returns>
    public string Compile(string name, string source, string version = "1.0.0.0", params string[] references)
    {
        var file = File(name);
        var core = System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        // Whoever compiles the contract itself, or against another one, does without the host's.
        var ownContract = references.Append(file).Any(reference => System.IO.Path.GetFileName(reference) == "Relay.Abstractions.dll");
        string[] contract = ownContract ? [] : [ContractFile];
        var files = Framework.Select(assembly => System.IO.Path.Combine(core, assembly + ".dll")).Concat(contract).Concat(references);
        var compilation = CSharpCompilation.Create(
            System.IO.Path.GetFileNameWithoutExtension(name),
            [CSharpSyntaxTree.ParseText($"""[assembly: System.Reflection.AssemblyVersion("{version}")] {source}""")],
            files.Select(reference => MetadataReference.CreateFromFile(reference)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var result = compilation.Emit(file);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return file;
    }

    /// <summary>Compiles a plugin whose topic <c>ask</c> replies with what an expression says.</summary>
    public string CompilePlugin(string name, string prefix, string expression = "\"hello\"", params string[] references) => Compile(
        name,
        $$"""
        [Relay.Abstractions.RelayPlugin("{{prefix}}")]
        public sealed class Compiled : Relay.Abstractions.RelayPlugin
        {
            [Relay.Abstractions.Topic("ask")]
            public void Ask(Relay.Abstractions.PluginMessage message) => message.Reply({{expression}});
        }
        """,
        "1.0.0.0",
        references);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Some systems keep loaded assemblies locked.
        }
    }
}
