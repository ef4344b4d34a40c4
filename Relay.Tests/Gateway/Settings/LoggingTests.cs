using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public sealed class LoggingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-log-").FullName;

    private string LogFile => Path.Combine(_folder, "relay.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AFileHoldsOneLineForEachEntryInUtcWithItsEventId()
    {
        Log(LogFormat.Text, loggers => loggers.CreateLogger("Relay.Test").LogWarning(new EventId(1204), "two\nlines"));
        var line = Assert.Single(File.ReadAllLines(LogFile));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn: Relay\.Test\[1204\] two\\nlines$", line);
    }

    [Fact]
    public void JsonLinesHaveTheSameFacts()
    {
        Log(LogFormat.Json, loggers => loggers.CreateLogger("Relay.Test").LogInformation(new EventId(1001), "closed {Connection}", "c1"));
        var entry = JsonDocument.Parse(Assert.Single(File.ReadAllLines(LogFile))).RootElement;
        Assert.Equal((1001, "info"), (entry.GetProperty("event_id").GetInt32(), entry.GetProperty("level").GetString()));
        Assert.Equal(["Relay.Test", "closed c1", "c1"], new[] { "category", "message", "connection" }.Select(name => entry.GetProperty(name).GetString()));
        Assert.EndsWith("Z", entry.GetProperty("time").GetString());
    }

    [Fact]
    public void AnExceptionStaysInItsLine()
    {
        var error = new InvalidOperationException("first\r\nsecond\u001b[2J");
        Log(LogFormat.Text, loggers => loggers.CreateLogger("Relay.Test").LogError(error, "It failed"));
        var line = Assert.Single(File.ReadAllLines(LogFile));
        Assert.EndsWith("Z error: Relay.Test[0] It failed exception=System.InvalidOperationException: first\\r\\nsecond\\u001b[2J", line);
        File.Delete(LogFile);
        Log(LogFormat.Json, loggers => loggers.CreateLogger("Relay.Test").LogError(error, "It failed"));
        var entry = JsonDocument.Parse(Assert.Single(File.ReadAllLines(LogFile))).RootElement;
        Assert.Equal(["System.InvalidOperationException", error.ToString()], new[] { "exception_type", "exception" }.Select(name => entry.GetProperty(name).GetString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALineNamesTheTraceThatItBelongsTo(bool isJson)
    {
        using var span = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        Log(isJson ? LogFormat.Json : LogFormat.Text, loggers => loggers.CreateLogger("Relay.Test").LogInformation("one"));
        var line = Assert.Single(File.ReadAllLines(LogFile));
        if (!isJson) Assert.EndsWith($"one trace_id={span.TraceId} span_id={span.SpanId}", line);
        else Assert.Equal(span.TraceId.ToString(), JsonDocument.Parse(line).RootElement.GetProperty("trace_id").GetString());
    }

    [Fact]
    public void ALogMembersNameNeverHidesOneOfTheLinesOwn()
    {
        Log(LogFormat.Json, loggers => loggers.CreateLogger("Relay.Test").LogInformation("{Level} {Message} {BytesUp} {Ok} {Nothing}", "l", "m", 7L, true, null));
        var entry = JsonDocument.Parse(Assert.Single(File.ReadAllLines(LogFile))).RootElement;
        Assert.Equal(["info", "l m 7 True (null)", "l", "m"], new[] { "level", "message", "said_level", "said_message" }.Select(name => entry.GetProperty(name).GetString()));
        Assert.Equal((7, true, JsonValueKind.Null), (entry.GetProperty("bytes_up").GetInt64(), entry.GetProperty("ok").GetBoolean(), entry.GetProperty("nothing").ValueKind));
    }

    [Fact]
    public void TheLevelChangesWhileTheRelayRuns()
    {
        using var services = Services(new RelayLoggingOptions(), null);
        var (ours, theirs) = (services.GetRequiredService<ILoggerFactory>().CreateLogger("Relay.Test"), services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.Test"));
        var level = services.GetRequiredService<LiveLogLevel>();
        foreach (var (set, enabled, framework) in new[] { (LogLevel.Debug, true, true), (LogLevel.Information, false, false), (LogLevel.Trace, true, true), (LogLevel.None, false, false) })
        {
            level.Set(set);
            Assert.Equal((enabled, framework), (ours.IsEnabled(LogLevel.Debug), theirs.IsEnabled(LogLevel.Debug)));
        }

        // What may hold a token stays off at any level.
        level.Set(LogLevel.Trace);
        Assert.False(services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Warning));
    }

    [Fact]
    public void AFileThatIsCutByWhoRotatesItBeginsAnew()
    {
        Log(LogFormat.Text, loggers => loggers.CreateLogger("Relay.Test").LogInformation("one"));
        Log(LogFormat.Text, loggers =>
        {
            using (var cut = new FileStream(LogFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(0);
            loggers.CreateLogger("Relay.Test").LogInformation("two");
        });
        Assert.Matches("^[0-9].* two\\n$", File.ReadAllText(LogFile));
    }

    [Fact]
    public void AFileIsAppendedTo()
    {
        Log(LogFormat.Text, loggers => loggers.CreateLogger("Relay.Test").LogInformation("one"));
        Log(LogFormat.Text, loggers => loggers.CreateLogger("Relay.Test").LogInformation("two"));
        Assert.Equal(["one", "two"], File.ReadAllLines(LogFile).Select(line => line.Split(' ')[^1]));
    }

    [Theory]
    [InlineData(LogLevel.Information, "Relay.Test", LogLevel.Information, true)]
    [InlineData(LogLevel.Information, "Relay.Test", LogLevel.Debug, false)]
    [InlineData(LogLevel.Information, "Microsoft.Hosting", LogLevel.Information, false)]
    [InlineData(LogLevel.Information, "Microsoft.Hosting", LogLevel.Warning, true)]
    [InlineData(LogLevel.Debug, "Microsoft.Hosting", LogLevel.Debug, true)]
    [InlineData(LogLevel.Error, "Microsoft.Hosting", LogLevel.Warning, false)]
    [InlineData(LogLevel.None, "Relay.Test", LogLevel.Critical, false)]
    public void FrameworkCategoriesComeAtWarningUnlessDebugging(LogLevel configured, string category, LogLevel level, bool enabled)
    {
        using var services = Services(new RelayLoggingOptions { Level = configured }, null);
        Assert.Equal(enabled, services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(level));
    }

    [Fact]
    public void WhatADiskCannotTakeIsDroppedCountedAndReported()
    {
        using var disk = new HeldStream();
        var provider = new FileLoggerProvider(disk, new PlainFormatter());
        var logger = provider.CreateLogger("Relay.Test");
        logger.LogInformation("first");
        Assert.True(disk.Entered.Wait(TimeSpan.FromSeconds(30)), "the writer thread reached the disk");
        for (var i = 0; i < FileLoggerProvider.MaxLines + 7; i++)
            logger.LogInformation("later");
        Assert.Equal(7, provider.Dropped);
        disk.Release.Set();
        provider.Dispose();
        var lines = disk.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(FileLoggerProvider.MaxLines + 2, lines.Length);
        Assert.StartsWith("Dropped 7 log lines", lines[^1]);
    }

    [Fact]
    public void LinesThatWaitAreBoundedInCharacters()
    {
        using var disk = new HeldStream();
        using var provider = new FileLoggerProvider(disk, new PlainFormatter());
        var logger = provider.CreateLogger("Relay.Test");
        logger.LogInformation("first");
        Assert.True(disk.Entered.Wait(TimeSpan.FromSeconds(30)), "the writer thread reached the disk");
        var long_ = new string('x', FileLoggerProvider.MaxChars / 2);
        for (var i = 0; i < 3; i++)
            logger.LogInformation("{Text}", long_);
        Assert.Equal(2, provider.Dropped);
        disk.Release.Set();
    }

    [Fact]
    public void ALoggerOutlivesItsProvider()
    {
        using var disk = new MemoryStream();
        var provider = new FileLoggerProvider(disk, new PlainFormatter());
        var logger = provider.CreateLogger("Relay.Test");
        provider.Dispose();
        provider.Dispose();
        logger.LogInformation("late");
        Assert.Equal(1, provider.Dropped);
    }

    private void Log(LogFormat format, Action<ILoggerFactory> act)
    {
        var options = new RelayLoggingOptions { Output = LogFile, Format = format };
        Assert.True(RelayLogging.TryOpen(options, out var file, out _));
        using var services = Services(options, file);
        act(services.GetRequiredService<ILoggerFactory>());
    }

    private static ServiceProvider Services(RelayLoggingOptions options, Stream? file) =>
        new ServiceCollection().AddLogging(logging => logging.AddRelayLogging(options, file)).BuildServiceProvider();

    private sealed class PlainFormatter() : ConsoleFormatter("plain")
    {
        public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter) =>
            textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception) + "\n");
    }

    /// <summary>A disk that takes nothing until it is released.</summary>
    private sealed class HeldStream : MemoryStream
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public string Text => System.Text.Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer) => Hold(buffer);

        public override void Write(byte[] buffer, int offset, int count) => Hold(buffer.AsSpan(offset, count));

        private void Hold(ReadOnlySpan<byte> buffer)
        {
            Entered.Set();
            Release.Wait(TimeSpan.FromSeconds(30));
            base.Write(buffer.ToArray(), 0, buffer.Length);
        }
    }
}
