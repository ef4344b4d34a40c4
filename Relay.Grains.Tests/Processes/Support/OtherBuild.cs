using System.Diagnostics;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>
/// A build of Relay.Silo with another version than this one: the one that <c>RELAY_OTHER_BUILD</c> names by its Relay.Silo.dll, or else these sources once more.
/// </summary>
internal static class OtherBuild
{
    // Above the version of this one: a plugin that was compiled against a newer contract than the host has is not loaded.
    private const string Version = "99.0.0";

    private static readonly Lazy<string> Built = new(Build);

    public static string Path => Environment.GetEnvironmentVariable("RELAY_OTHER_BUILD") is { Length: > 0 } given ? given : Built.Value;

    private static string Build()
    {
        var (root, output) = (Root(AppContext.BaseDirectory), System.IO.Path.Combine(AppContext.BaseDirectory, "other-build"));
        var start = new ProcessStartInfo("dotnet", ["build", System.IO.Path.Combine(root, "Relay.Silo"), "--nologo", "-v", "q", $"-p:Version={Version}", "--artifacts-path", output])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = root,
        };
        // What a test host is told is not meant for the build.
        start.Environment.Remove("MSBUILD_EXE_PATH");
        start.Environment.Remove("MSBuildSDKsPath");
        using var build = Process.Start(start)!;
        var said = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0
            ? Directory.EnumerateFiles(System.IO.Path.Combine(output, "bin", "Relay.Silo"), "Relay.Silo.dll", SearchOption.AllDirectories).Single()
            : throw new InvalidOperationException($"The other build failed:\n{said}");
    }

    private static string Root(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, "Relay.sln")) ? folder
        : Root(System.IO.Path.GetDirectoryName(folder.TrimEnd(System.IO.Path.DirectorySeparatorChar)) ?? throw new InvalidOperationException("The tests do not run inside the repository."));
}
