using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>The metrics by OTLP, to a collector that is there, that refuses, that hangs and that is away.</summary>
public sealed class OtlpTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("http")]
    [InlineData("grpc")]
    public async Task ACollectorIsToldTheMetricsAndWhoseTheyAre(string protocol)
    {
        await using var collector = await OtlpCollector.StartAsync();
        var http = protocol != "grpc";
        await using var relay = await RelayServer.StartAsync(settings => settings with
        {
            Metrics = settings.Metrics with
            {
                ExportInterval = Often,
                Otlp = new() { Endpoint = (http ? collector.Http : collector.Grpc).ToString(), Protocol = http ? OtlpProtocol.Http : OtlpProtocol.Grpc, Headers = "authorization=Bearer%20of-the-collector" },
            },
        });

        var sending = await collector.NextAsync();

        Assert.Equal("relay", sending.Resource["service.name"]);
        Assert.NotEmpty(sending.Resource["service.version"]);
        Assert.EndsWith($"-{Environment.ProcessId}", sending.Resource["service.instance.id"]);
        Assert.Equal("Bearer of-the-collector", sending.Authorization);
        Assert.Equal(1, sending.Metrics["relay_connections"]);
        Assert.Equal(Enum.GetValues<Relay.Core.Errors.CloseReason>().Length, sending.Metrics["relay_connections_closed_total"]);
        Assert.Contains("dotnet.gc.collections", sending.Metrics.Keys);
    }

    [Fact]
    public async Task TheCollectorHearsTheEnd()
    {
        await using var collector = await OtlpCollector.StartAsync();
        using var rig = new MetricsRig(null, Http(collector.Http, TimeSpan.FromHours(1)));

        await rig.Telemetry.StopAsync(CancellationToken.None);

        Assert.Contains("relay_connections", (await collector.NextAsync()).Metrics.Keys);
    }

    [Fact]
    public async Task ACollectorThatRefusesIsCountedAndThenItTakesThemAgain()
    {
        await using var collector = await OtlpCollector.StartAsync();
        collector.Status = StatusCodes.Status400BadRequest;
        var exports = new OtlpExports();
        using var rig = new MetricsRig(new() { Otlp = exports }, Http(collector.Http, Often));
        // The second shows that the first is over.
        for (var i = 0; i < 2; i++) await collector.NextAsync();
        Assert.True(exports.Metrics.Failed > 0);
        Assert.Equal(0, exports.Metrics.Sent);

        collector.Status = StatusCodes.Status200OK;
        for (var i = 0; i < 3; i++) await collector.NextAsync();

        Assert.True(exports.Metrics.Sent > 0);
    }

    [Fact]
    public async Task ACollectorThatHangsHoldsUpNeitherScrapesNorTheEnd()
    {
        await using var collector = await OtlpCollector.StartAsync();
        collector.Status = null;
        using var rig = new MetricsRig(null, Http(collector.Http, Often, TimeSpan.FromMinutes(1)));
        await collector.NextAsync();

        Assert.Contains("relay_connections 0\n", await rig.TextAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        await rig.Telemetry.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task ACollectorThatIsAwayIsCounted()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var exports = new OtlpExports();
        using var rig = new MetricsRig(new() { Otlp = exports }, Http(new($"http://127.0.0.1:{((IPEndPoint)nobody.LocalEndPoint!).Port}"), TimeSpan.FromHours(1)));

        await rig.Telemetry.StopAsync(CancellationToken.None);

        Assert.Equal(1, exports.Metrics.Failed);
        Assert.Equal(0, exports.Metrics.Sent);
    }

    [Fact]
    public void TheHeadersAreASecret() => Assert.DoesNotContain("abc", new RelayMetricsOptions { Otlp = new() { Endpoint = "http://x", Headers = "authorization=abc" } }.ToString());

    private static RelayMetricsOptions Http(Uri address, TimeSpan interval, TimeSpan? timeout = null) => new()
    {
        ExportInterval = interval,
        Otlp = new() { Endpoint = address.ToString(), Protocol = OtlpProtocol.Http, Timeout = timeout ?? TimeSpan.FromSeconds(10) },
    };
}
