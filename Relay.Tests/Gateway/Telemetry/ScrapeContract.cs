using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>Scrapes over HTTP, whoever writes the metrics: in which format, packed or not, many at a time, and by one that does not read.</summary>
public abstract class ScrapeContract : IAsyncLifetime
{
    // What Prometheus 2 sends.
    private const string Prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private RelayServer _relay = null!;

    /// <summary>Says who writes the metrics.</summary>
    protected abstract void AddTo(IServiceCollection services);

    public async Task InitializeAsync() => _relay = await RelayServer.StartAsync(services: AddTo);

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _relay.DisposeAsync();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/html", false)]
    [InlineData("text/plain", false)]
    [InlineData("this is no media type", false)]
    [InlineData(Prometheus, true)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text; version=1.0.0; charset=utf-8", true)]
    [InlineData("application/openmetrics-text;version=0.0.1,text/plain;q=0.5", false)]
    [InlineData("application/openmetrics-text;q=0.5,text/plain", false)]
    [InlineData("application/openmetrics-text;q=0", false)]
    public async Task TheFormatIsWhatIsAskedFor(string? accept, bool open)
    {
        using var response = await GetAsync(("Accept", accept));
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((open ? ScrapeFormat.OpenMetrics : ScrapeFormat.Text).ContentType(), response.Content.Headers.ContentType!.ToString());
        var families = (open ? ExpositionText.ParseOpenMetrics(text) : ExpositionText.Parse(text)).ToDictionary(static family => family.Name);
        Assert.Equal("relay", families[open ? "target" : "target_info"].Samples.Single().Labels["service_name"]);
        Assert.Equal(0, families["relay_connections"].Samples.Single().Value);
        Assert.Equal("seconds", open ? families["relay_node_queue_wait_seconds"].Unit : "seconds");
        Assert.Equal("bytes", open ? families["dotnet_process_memory_working_set_bytes"].Unit : "bytes");
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("br, gzip;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("br", false)]
    [InlineData(null, false)]
    public async Task WhoTakesGzipGetsIt(string? encoding, bool packed)
    {
        using var response = await GetAsync(("Accept", Prometheus), ("Accept-Encoding", encoding));
        var bytes = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(packed ? ["gzip"] : [], response.Content.Headers.ContentEncoding);
        Assert.Equal(bytes.Length, response.Content.Headers.ContentLength);
        using var body = packed ? (Stream)new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress) : new MemoryStream(bytes);
        using var reader = new StreamReader(body);
        Assert.Contains(ExpositionText.ParseOpenMetrics(await reader.ReadToEndAsync()), static family => family.Name == "relay_connections");
    }

    [Fact]
    public async Task BeyondThePlacesForScrapersOneIsToldToComeAgain()
    {
        var scrapes = _relay.Services.GetRequiredService<RelayTelemetry>().Scrapes;
        while (scrapes.TryEnter()) { }
        using var refused = await GetAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        scrapes.Leave();
        using var answered = await GetAsync();
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task WhoDoesNotReadHoldsUpNobody()
    {
        using var idle = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 };
        await idle.ConnectAsync(IPAddress.Loopback, _relay.MetricsUrl.Port);
        // Its answers fill what the kernel and the server keep for it.
        var request = Encoding.ASCII.GetBytes("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        for (var i = 0; i < 50; i++) await idle.SendAsync(request);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => GetAsync()));
        foreach (var answer in answers)
        {
            using (answer) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    private Task<HttpResponseMessage> GetAsync(params (string Name, string? Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_relay.MetricsUrl, "/metrics"));
        foreach (var (name, value) in headers)
            if (value is not null) request.Headers.TryAddWithoutValidation(name, value);
        return _client.SendAsync(request);
    }
}
