using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>Prometheus itself scrapes a relay and answers questions about it, whoever writes the metrics.</summary>
public abstract class PrometheusContract : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-prometheus-");
    private readonly HttpClient _http = new() { Timeout = Bound };

    public void Dispose()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Says who writes the metrics.</summary>
    protected abstract void AddTo(IServiceCollection services);

    [PrometheusFact]
    public async Task PrometheusReadsBothFormatsAlike()
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Plugins = settings.Plugins with { Echo = new RelayEchoOptions { Enabled = true } } }, AddTo);
        var (client, _) = await relay.JoinAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendTextAsync("""{"type":"echo_say","request_id":"r","data":null}""");
            await client.ReceiveJsonAsync(static json => json.TryGetProperty("request_id", out _));
        }

        await using var text = await TextOnlyAsync(relay.MetricsUrl);
        using var prometheus = Start($$"""
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: open
                static_configs: [{ targets: ['{{relay.MetricsUrl.Authority}}'] }]
              - job_name: text
                static_configs: [{ targets: ['{{new Uri(text.Urls.First()).Authority}}'] }]
            """, out var port);
        try
        {
            await UntilAsync(port, "sum(up) == 2", static result => result.GetArrayLength() == 1);
            foreach (var job in (string[])["open", "text"])
            {
                Assert.Equal(1, await AskAsync(port, $$"""relay_use_connections{job="{{job}}",use="hub"}"""));
                Assert.Equal(3, await AskAsync(port, $$"""relay_dispatch_seconds_count{job="{{job}}"}"""));
                Assert.Equal(3, await AskAsync(port, $$"""sum(relay_dispatch_seconds_bucket{job="{{job}}",le="+Inf"})"""));
                Assert.InRange(await AskAsync(port, $$"""histogram_quantile(0.5, sum by (le) (relay_dispatch_seconds_bucket{job="{{job}}"}))"""), 0, 30);
                Assert.True(await AskAsync(port, $$"""dotnet_process_cpu_time_seconds_total{job="{{job}}",cpu_mode="user"}""") > 0);
            }
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync().WaitAsync(Bound);
        }
    }

    // This Prometheus always asks for OpenMetrics; behind this it is given text.
    private async Task<WebApplication> TextOnlyAsync(Uri metrics)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.UseRouting();
        app.MapGet("/metrics", async context =>
        {
            context.Response.ContentType = ScrapeFormat.Text.ContentType();
            await context.Response.WriteAsync(await _http.GetStringAsync(new Uri(metrics, "/metrics")));
        });
        await app.StartAsync();
        return app;
    }

    private Process Start(string configuration, out int port)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "prometheus.yml"), configuration);
        port = FreePort();
        return Process.Start(new ProcessStartInfo(
            PrometheusFactAttribute.Program!,
            [$"--config.file={_folder.FullName}/prometheus.yml", $"--storage.tsdb.path={_folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}", "--log.level=error"]))!;
    }

    // Prometheus prints no port that it has chosen itself.
    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private async Task<double> AskAsync(int port, string query)
    {
        var result = await QueryAsync(port, query) ?? throw new InvalidOperationException(query);
        return double.Parse(Assert.Single(result.EnumerateArray()).GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }

    // Another program's own pace: it tells nobody when it has scraped.
    private async Task UntilAsync(int port, string query, Func<JsonElement, bool> isThere)
    {
        using var over = new CancellationTokenSource(Bound);
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await QueryAsync(port, query) is not { } result || !isThere(result)) await often.WaitForNextTickAsync(over.Token);
    }

    private async Task<JsonElement?> QueryAsync(int port, string query)
    {
        try
        {
            using var answer = JsonDocument.Parse(await _http.GetStringAsync($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/api/v1/query?query={Uri.EscapeDataString(query)}"));
            return answer.RootElement.GetProperty("data").GetProperty("result").Clone();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}

/// <summary>A test that needs Prometheus: skipped where it is not installed, but never by CI, where that is a failure.</summary>
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (Program is null) Skip = "prometheus is not installed";
    }

    /// <summary>The program.</summary>
    public static string? Program { get; } = Programs.FindOrFail("prometheus");
}
