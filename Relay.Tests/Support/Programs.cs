namespace Relay.Tests.Support;

/// <summary>Other people's programs that tests start.</summary>
internal static class Programs
{
    /// <summary>Where a program is, if it is in the PATH.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    /// <summary>The same for one that CI installs: its bare name when it should be there and is not, so that starting it fails.</summary>
    public static string? FindOrFail(string program) => Find(program) ?? (Environment.GetEnvironmentVariable("CI") == "true" ? program : null);
}
