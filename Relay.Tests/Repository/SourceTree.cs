using System.Runtime.CompilerServices;

namespace Relay.Tests.Repository;

/// <summary>The sources that these tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    /// <summary>Files written by hand, by their paths from the root.</summary>
    public static IEnumerable<string> CSharp(params string[] folders) =>
        (folders.Length > 0 ? folders : [.. Directory.GetDirectories(Root, "Relay.*").Select(folder => Path.GetFileName(folder))])
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
        .Where(file => !file.Contains("/bin/") && !file.Contains("/obj/"));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
