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
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn: Relay\.Test\[1204\] two lines$", line);
    }

    [Fact]
    public void JsonLinesHaveTheSameFacts()
    {
        Log(LogFormat.Json, loggers => loggers.CreateLogger("Relay.Test").LogInformation(new EventId(1001), "closed {Connection}", "c1"));
        var entry = JsonDocument.Parse(Assert.Single(File.ReadAllLines(LogFile))).RootElement;
        Assert.Equal(1001, entry.GetProperty("EventId").GetInt32());
        Assert.Equal("Relay.Test", entry.GetProperty("Category").GetString());
        Assert.Equal("c1", entry.GetProperty("State").GetProperty("Connection").GetString());
        Assert.EndsWith("Z", entry.GetProperty("Timestamp").GetString());
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
