using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Storage;

namespace Relay.Tests.Gateway.Settings;

public class RelayHostTests
{
    [Theory]
    [InlineData("127.0.0.1", "http://127.0.0.1:")]
    [InlineData("localhost", "http://127.0.0.1:")]
    [InlineData("127.0.0.9", "http://127.0.0.9:")]
    public async Task ListensWhereTheSettingsSayOnAnyFreePort(string host, string url)
    {
        var settings = new RelaySettings
        {
            Server = new RelayServerOptions { Host = host, Port = 0 },
            Metrics = new RelayMetricsOptions { Enabled = false },
            Logging = new RelayLoggingOptions { Level = LogLevel.None },
        };
        await using var app = RelayHost.Build(settings, logFile: null);
        await app.StartAsync();
        var listening = Assert.Single(app.Urls);
        Assert.StartsWith(url, listening);
        using var client = new HttpClient();
        foreach (var path in new[] { "/healthz/live", "/healthz/ready" })
        {
            using var response = await client.GetAsync(listening + path).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task AStopWhileItStartsIsAStopLikeAnyOther()
    {
        using var folder = new StoreFolder();
        var settings = new RelaySettings
        {
            Storage = new() { Sqlite = new() { Path = folder.Database } },
            Server = new RelayServerOptions { Host = "127.0.0.1", Port = 0 },
            Metrics = new RelayMetricsOptions { Enabled = false },
            Logging = new RelayLoggingOptions { Level = LogLevel.None },
        };
        var output = new StringWriter();
        var running = RelayHost.RunAsync(settings, null, output, services => services.AddSingleton<IHostedService>(provider =>
            new StopsAtItsStart(provider.GetRequiredService<IHostApplicationLifetime>())));
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(output.ToString());
    }

    [Fact]
    public async Task AnAddressThatIsNotThisMachinesIsNamed()
    {
        using var folder = new StoreFolder();
        var settings = new RelaySettings
        {
            Storage = new() { Sqlite = new() { Path = folder.Database } },
            Server = new RelayServerOptions { Host = "192.0.2.7", Port = 8088 },
            Metrics = new RelayMetricsOptions { Host = "127.0.0.1", Port = 0 },
            Logging = new RelayLoggingOptions { Level = LogLevel.None },
        };
        var error = await Assert.ThrowsAsync<IOException>(() => RelayHost.RunAsync(settings, null, TextWriter.Null).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.StartsWith("cannot listen at server.host 192.0.2.7, port 8088 or metrics.host 127.0.0.1, port 0: ", error.Message);
    }

    [Fact]
    public async Task APartThatDoesNotStopIsLeftBehindWhenTheTimeIsUp()
    {
        using var folder = new StoreFolder();
        var settings = new RelaySettings
        {
            Storage = new() { Sqlite = new() { Path = folder.Database } },
            Server = new RelayServerOptions { Host = "127.0.0.1", Port = 0, DrainTimeout = TimeSpan.FromMilliseconds(100) },
            Metrics = new RelayMetricsOptions { Enabled = false },
            Logging = new RelayLoggingOptions { Level = LogLevel.None },
        };
        var part = new NeverStops();
        var running = RelayHost.RunAsync(settings, null, new StopsAtTheFirstLine(part), services => services.AddSingleton<IHostedService>(provider =>
        {
            part.Lifetime = provider.GetRequiredService<IHostApplicationLifetime>();
            return part;
        }));
        var error = await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("did not end in its time", error.Message);
    }

    /// <summary>Has the relay stopped while it starts, and never starts itself.</summary>
    private sealed class StopsAtItsStart(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return new TaskCompletionSource().Task;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class NeverStops : IHostedService
    {
        public IHostApplicationLifetime? Lifetime { get; set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task;
    }

    /// <summary>Has the relay stopped as soon as it says that it listens.</summary>
    private sealed class StopsAtTheFirstLine(NeverStops part) : StringWriter
    {
        public override Task WriteLineAsync(string? value)
        {
            part.Lifetime!.StopApplication();
            return Task.CompletedTask;
        }
    }
}
