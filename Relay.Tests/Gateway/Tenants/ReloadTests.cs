using Microsoft.Extensions.Logging;
using Relay.Core;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

public sealed class ReloadTests : IAsyncLifetime
{
    private static readonly TenantId A = new("a");

    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();
    private string _yaml = "tenants: { a: {} }";
    private readonly LiveLogLevel _level = new(LogLevel.Information);
    private TenantDirectory _tenants = null!;
    private ReloadService _reload = null!;

    public async Task InitializeAsync()
    {
        var input = new Loading { Yaml = _yaml }.Input();
        input = input with { OpenFile = _ => new Loading { Yaml = _yaml }.Input().OpenFile(Loading.FileName) };
        var settings = SettingsLoader.Load(input).Settings!;
        _tenants = new(settings);
        _reload = new(settings, _tenants, _time, _log, new(input), _level);
        await _reload.StartAsync(CancellationToken.None);
        Look();
    }

    public Task DisposeAsync() => _reload.StopAsync(CancellationToken.None);

    [Fact]
    public void AChangedFileIsTaken()
    {
        _yaml = "tenants: { a: { suspended: true }, b: {} }";
        Look();
        Assert.True(_tenants.Find(A)?.IsSuspended);
        Assert.NotNull(_tenants.Find(new("b")));
        Assert.Equal("The settings have changed and are in use; they name 2 tenants", Assert.Single(_log.Lines));
    }

    [Fact]
    public void NamingTheDefaultTenantAloneClosesEveryOtherName()
    {
        var other = new TenantId("other");
        _yaml = "{}";
        Look();
        Assert.NotNull(_tenants.Find(other));
        _yaml = "tenants: { default: {} }";
        Look();
        Assert.Null(_tenants.Find(other));
        _yaml = "{}";
        Look();
        Assert.NotNull(_tenants.Find(other));
        Assert.Equal(["0", "1", "0"], _log.Lines.Select(static line => line.Split(' ')[^2]));
    }

    [Fact]
    public void TheLogsLevelAndTheTracesRatioAreTakenToo()
    {
        _yaml = "tenants: { a: {} }\nlogging: { level: debug }\ntraces: { sample_ratio: 0.5 }";
        Look();
        Assert.Equal((LogLevel.Debug, 0.5), (_level.Level, _tenants.Settings.Traces.SampleRatio));
        Assert.Single(_log.Lines);
    }

    [Fact]
    public void AFaultyFileChangesNothingAndEachFaultIsNamed()
    {
        _yaml = "tenants: { a: { suspended: maybe } }\nserver: { prt: 1 }";
        Look();
        Assert.False(_tenants.Find(A)?.IsSuspended);
        Assert.Equal(2, _log.Lines.Count);
        Assert.All(_log.Lines, line => Assert.StartsWith("The settings have changed and cannot be used, the last good ones stay: relay.yaml:", line));
        Look();
        Assert.Equal(2, _log.Lines.Count);
        _yaml = "tenants: { a: { suspended: true } }";
        Look();
        Assert.True(_tenants.Find(A)?.IsSuspended);
    }

    [Fact]
    public void AFileThatIsGoneChangesNothing()
    {
        _yaml = null!;
        Look();
        Assert.NotNull(_tenants.Find(A));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void AFileThatIsBeingWrittenIsNotRead()
    {
        _yaml = "tenants: { a: { susp";
        _time.Advance(TimeSpan.FromSeconds(1));
        _yaml = "tenants: { a: { suspended: true } }";
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_log.Lines);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_tenants.Find(A)?.IsSuspended);
    }

    [Fact]
    public void WhatNeedsARestartIsNamedOnceAndTheRestIsTaken()
    {
        _yaml = "server: { port: 1, allowed_origins: [https://new.example] }\nlogging: { format: json }\ntenants: { a: {} }";
        Look();
        Assert.Equal("https://new.example", Assert.Single(_tenants.Find(A)!.Settings.Server.AllowedOrigins));
        Assert.Equal(8080, _tenants.Settings.Server.Port);
        Assert.Equal(["The settings have changed and are in use; they name 1 tenants", "Settings have changed that need a restart: server.port, logging.format"], _log.Lines);
        _yaml += "\n# the same";
        Look();
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public void ASignalReadsAtOnce()
    {
        _yaml = "tenants: { a: { suspended: true } }";
        _reload.Reload();
        Assert.True(_tenants.Find(A)?.IsSuspended);
    }

    private void Look() => _time.Advance(TimeSpan.FromSeconds(2));

    private sealed class LogLines : ILogger<ReloadService>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
