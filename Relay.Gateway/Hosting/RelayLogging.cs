using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Relay.Gateway.Hosting;

/// <summary>Sets logging up as the settings say, for the whole host, with nothing from the framework's configuration.</summary>
internal static class RelayLogging
{
    /// <summary>Every logger category of the relay begins with it.</summary>
    public const string Category = "Relay.";

    // Lines that may wait for a terminal or a pipe that nobody reads; the framework counts and reports those beyond it.
    private const int ConsoleQueue = 8192;

    /// <summary>Opens the file to log to, if it is one. Apart from the set-up, so that a start can report the fault.</summary>
    public static bool TryOpen(RelayLoggingOptions options, out Stream? file, [NotNullWhen(false)] out SettingFault? fault)
    {
        file = null;
        fault = null;
        if (!options.ToFile)
            return true;
        try
        {
            // Not FileMode.Append: that keeps to the end that the file had here, and who rotates logs cuts it.
            file = new FileStream(options.Output, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            fault = new SettingFault("", "logging.output", "cannot be opened: " + Readable.Name(error.Message));
            return false;
        }
    }

    /// <param name="builder">The host's logging.</param>
    /// <param name="options">Level, output and format.</param>
    /// <param name="file">What <see cref="TryOpen"/> gave; the host disposes it with its loggers.</param>
    public static ILoggingBuilder AddRelayLogging(this ILoggingBuilder builder, RelayLoggingOptions options, Stream? file)
    {
        builder.ClearProviders();
        var level = new LiveLogLevel(options.Level);
        builder.Services.AddSingleton(level);
        builder.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(level);
        builder.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(level);
        builder.Services.TryAddSingleton(TimeProvider.System);
        var format = options.Format switch
        {
            LogFormat.Text => TextLogFormatter.TextName,
            LogFormat.Json => JsonLogFormatter.JsonName,
        };
        builder.AddConsole(console =>
        {
            console.FormatterName = format;
            console.MaxQueueLength = ConsoleQueue;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            console.LogToStandardErrorThreshold = options.Output == RelayLoggingOptions.StandardError ? LogLevel.Trace : LogLevel.None;
        });
        builder.Services.AddSingleton<ConsoleFormatter, TextLogFormatter>();
        builder.Services.AddSingleton<ConsoleFormatter, JsonLogFormatter>();
        if (file is not null)
        {
            // The console's formatters stay, so that a file's lines look the same; its provider goes.
            builder.ClearProviders();
            builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoggerProvider, FileLoggerProvider>(services =>
                new FileLoggerProvider(file, services.GetServices<ConsoleFormatter>().First(each => each.Name == format))));
        }

        return builder;
    }
}
