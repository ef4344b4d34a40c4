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
