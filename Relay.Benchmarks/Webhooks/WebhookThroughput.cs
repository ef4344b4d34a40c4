using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Benchmarks.Nodes;
using Relay.Core;
using Relay.Gateway.Hosting;
using Relay.Gateway.Webhooks;

namespace Relay.Benchmarks.Webhooks;

/// <summary>
/// How many events a second a relay tells: through its queue, to the disk, to a receiver on loopback, and off the disk again; and how long one alone takes.
/// <c>Relay.Benchmarks webhooks [EVENTS [TENANTS]]</c>. The receiver is in the same process.
/// </summary>
internal static class WebhookThroughput
{
    // Less than the relay's queue holds, so that nothing is dropped.
    private const int MaxUnderWay = 20_000;
    private const int Alone = 200;

    public static async Task RunAsync(string[] args)
    {
        var (events, tenants) = (Arguments.Number(args, 0, 200_000), Arguments.Number(args, 1, 16));
        var folder = Directory.CreateTempSubdirectory("relay-webhooks-bench-");
        var posts = Channel.CreateUnbounded<long>();
        await using var receiver = await ReceiverAsync(posts.Writer);
        await using var relay = RelayHost.Build(Settings(folder.FullName, receiver.Urls.First()), logFile: null);
        await relay.StartAsync();
        var (target, counters) = (relay.Services.GetRequiredService<IRelayEvents>(), relay.Services.GetRequiredService<WebhookCounters>());
        await TellAsync(target, counters, 10_000, 1);
        await PrintAsync(target, counters, events, 1);
        await PrintAsync(target, counters, events, tenants);

        while (posts.Reader.TryRead(out _))
        {
        }

        var took = new List<double>();
        for (var i = 0; i < Alone; i++)
        {
            var began = Stopwatch.GetTimestamp();
            Tell(target, "t0", i);
            took.Add(Stopwatch.GetElapsedTime(began, await posts.Reader.ReadAsync()).TotalMilliseconds);
            await UntilAsync(() => counters.Waiting == 0);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one event alone is at the receiver after {Samples.Quantile(took, 0.5):0.0} ms (p50), {Samples.Quantile(took, 0.99):0.0} ms (p99)"));
        await relay.StopAsync();
        folder.Delete(recursive: true);
    }

    private static async Task PrintAsync(IRelayEvents target, WebhookCounters counters, int events, int tenants)
    {
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await TellAsync(target, counters, events, tenants);
        var time = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var used = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / events;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{events} events of {tenants} tenants: {events / time:0} a second, {used:0.0} us of CPU each with the receiver's; dropped {counters.Dropped}, attempts that failed {counters.FailedAttempts}"));
    }

    private static async Task TellAsync(IRelayEvents target, WebhookCounters counters, int events, int tenants)
    {
        var before = counters.Delivered + counters.Dropped;
        for (var i = 0; i < events; i++)
        {
            if (i % 100 == 0) await UntilAsync(() => i - (counters.Delivered + counters.Dropped - before) < MaxUnderWay);
            Tell(target, $"t{i % tenants}", i);
        }

        await UntilAsync(() => counters.Delivered + counters.Dropped - before >= events);
    }

    private static void Tell(IRelayEvents target, string tenant, int i) => target.Tell(RelayEvent.OfHub(new(new(tenant), $"user-{i % 1000}"), RelayEventKind.Connected, "kM3xQ9vT2bZr7LwP", 1));

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(1);
    }

    private static async Task<WebApplication> ReceiverAsync(ChannelWriter<long> posts)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/hook", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            posts.TryWrite(Stopwatch.GetTimestamp());
        });
        await app.StartAsync();
        return app;
    }

    private static RelaySettings Settings(string folder, string receiver) => new()
    {
        Server = new RelayServerOptions { Port = 0 },
        Metrics = new RelayMetricsOptions { Enabled = false },
        Logging = new RelayLoggingOptions { Level = LogLevel.None },
        Plugins = new RelayPluginsOptions { Directory = Path.Combine(folder, "plugins") },
        Storage = new RelayStorageOptions { Sqlite = new RelaySqliteOptions { Path = Path.Combine(folder, "relay.db") } },
        Webhooks = new RelayWebhooksOptions { Url = receiver + "/hook", Secret = "a secret of at least thirty-two bytes" },
    };
}
