using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Limits;
using Relay.Gateway.Limits;
using Relay.Gateway.Storage.Sqlite;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Storage;

namespace Relay.Tests.Gateway.Telemetry;

public sealed class MetricsEndpointTests : IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private readonly SqliteStore _store;
    private readonly LimitTable _limits = new(TimeProvider.System, SubjectLimits.None, static _ => new());
    private readonly MetricsRig _metrics;
    private readonly WebApplication _app;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };

    public MetricsEndpointTests()
    {
        _store = _folder.Start();
        _metrics = new(new() { Limits = _limits.Counters, Tenants = new(_limits, 10), Store = _store });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.OnlyMetrics());
        });
        _app = builder.Build();
        _app.UseMetrics(_metrics.Scrapes, TimeProvider.System);
        _app.UseRouting();
        _app.MapGet("/", () => "console");
    }

    private string Main => _app.Urls.First();

    private string Metrics => _app.Urls.Last();

    public Task InitializeAsync() => _app.StartAsync();

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _metrics.Dispose();
        _limits.Dispose();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task MetricsAnswersOnItsListener()
    {
        using var response = await _client.GetAsync(Metrics + "/metrics");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Contains(ExpositionText.Parse(await response.Content.ReadAsStringAsync()), family => family.Name == "relay_connections");
    }

    [Fact]
    public async Task NothingElseAnswersOnTheMetricsListener()
    {
        using var root = await _client.GetAsync(Metrics + "/");
        using var below = await _client.GetAsync(Metrics + "/metrics/more");

        Assert.Equal(HttpStatusCode.NotFound, root.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, below.StatusCode);
    }

    [Fact]
    public async Task MetricsIsNowhereElse()
    {
        using var response = await _client.GetAsync(Main + "/metrics");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("console", await _client.GetStringAsync(Main + "/"));
    }

    [Fact]
    public async Task MetricsAreOnlyRead()
    {
        using var response = await _client.PostAsync(Metrics + "/metrics", null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET"], response.Content.Headers.Allow);
    }
}
