namespace Relay.Tests.Repository;

/// <summary>The sources that these tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Files written by hand, by their paths from the root.</summary>
    public static IEnumerable<string> CSharp(params string[] folders) =>
        (folders.Length > 0 ? folders : [.. Directory.GetDirectories(Root, "Relay.*").Select(folder => Path.GetFileName(folder))])
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
        .Where(file => !file.Contains("/bin/") && !file.Contains("/obj/"));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    // Upwards from the test assembly: a deterministic build does not know its own paths.
    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Relay.sln")) ? folder
        : Find(Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar)) ?? throw new InvalidOperationException("The tests do not run inside the repository."));
}
