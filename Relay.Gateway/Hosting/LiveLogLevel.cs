using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Relay.Gateway.Hosting;

/// <summary>The level from which on is logged. It may change while the relay runs, and then counts for every logger there is.</summary>
internal sealed class LiveLogLevel(LogLevel level) : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>
{
    private volatile CancellationTokenSource _changes = new();
    private volatile int _level = (int)level;

    string? IOptionsChangeTokenSource<LoggerFilterOptions>.Name => Options.DefaultName;

    public LogLevel Level => (LogLevel)_level;

    public void Set(LogLevel level)
    {
        if (Interlocked.Exchange(ref _level, (int)level) == (int)level) return;
        Interlocked.Exchange(ref _changes, new()).Cancel();
    }

    public void Configure(LoggerFilterOptions options)
    {
        var ours = (LogLevel)_level;
        options.MinLevel = FrameworkLevel(ours);
        options.AddFilter(RelayLogging.Category, ours);

        // A start that fails is told once, by the command, and not with a stack trace before it.
        options.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

        // The framework's lines with whole addresses in them, an access_token too, at any level.
        options.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Error);
        options.AddFilter("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.None);
    }

    public IChangeToken GetChangeToken() => new CancellationChangeToken(_changes.Token);

    private static LogLevel FrameworkLevel(LogLevel ours) => ours <= LogLevel.Debug || ours > LogLevel.Warning ? ours : LogLevel.Warning;
}
