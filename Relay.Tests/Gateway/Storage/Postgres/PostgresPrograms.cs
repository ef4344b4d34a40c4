using System.Diagnostics;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>PostgreSQL's programs, from the PATH or from where Debian keeps them.</summary>
internal static class PostgresPrograms
{
    private static readonly string? Folder = Find();

    /// <summary>Why tests cannot run; never in CI, where the tests fail on it instead.</summary>
    public static string? Missing { get; } = Folder is null && Environment.GetEnvironmentVariable("CI") != "true" ? "PostgreSQL's initdb is not installed" : null;

    /// <summary>Runs a program to its end, as another user when this one is root: the server refuses to run as root.</summary>
    public static void Run(string program, params string[] arguments)
    {
        var path = Path.Combine(Folder ?? throw new InvalidOperationException("PostgreSQL's initdb is neither on the PATH nor in /usr/lib/postgresql"), program);
        RunAsServer([path, .. arguments]);
    }

    /// <summary>A new folder that belongs to the server's user.</summary>
    public static string CreateFolder()
    {
        var folder = Path.Combine(Path.GetTempPath(), "relay-postgres-" + Guid.NewGuid().ToString("N")[..12]);
        RunAsServer(["mkdir", "-m", "0700", folder]);
        return folder;
    }

    private static void RunAsServer(string[] command)
    {
        string[] all = Environment.UserName == "root" ? ["runuser", "-u", "postgres", "--", .. command] : command;
        // Its output is not read: the server that pg_ctl leaves behind would keep the pipe open.
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "cd / && exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", .. all]))!;
        if (!process.WaitForExit(TimeSpan.FromSeconds(60))) throw new TimeoutException(string.Join(' ', command));
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}");
    }

    private static string? Find()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(static version => Path.Combine(version, "bin"))
            : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(debian)
            .FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")));
    }
}
