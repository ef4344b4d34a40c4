using System.Net;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;

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
}
