using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Relay.Gateway.Endpoints;

/// <summary>A file of the console, held in the assembly and read once.</summary>
internal sealed record ConsoleAsset(string Name, string ContentType, byte[] Content, EntityTagHeaderValue Tag)
{
    public const string Page = "index.html";

    private const string ResourcePrefix = "console/";

    public static IEnumerable<ConsoleAsset> LoadAll()
    {
        var assembly = typeof(ConsoleAsset).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => Load(assembly, name));
    }

    private static ConsoleAsset Load(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var tag = new EntityTagHeaderValue('"' + Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12)) + '"');
        var name = resource[ResourcePrefix.Length..];
        return new(name, TypeOf(name), content, tag);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"The console's file {name} has the type {other}, which has no content type."),
    };
}
