using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Relay.Benchmarks.Nodes;

namespace Relay.Benchmarks.Metrics;

/// <summary>
/// What a scrape costs a relay that has many connections: how long it takes, and what it allocates.
/// <c>Relay.Benchmarks metrics RELAY_DLL [CONNECTIONS [SCRAPES]]</c>. Fails beyond the promise of 50 ms.
/// </summary>
internal static class MetricsScrape
{
    private static readonly TimeSpan Promised = TimeSpan.FromMilliseconds(50);

    // What the relay is left to become quiet.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(string[] args)
    {
        var (connections, scrapes) = (Arguments.Number(args, 1, 15_000), Arguments.Number(args, 2, 100));
        var folder = Directory.CreateTempSubdirectory("relay-metrics-bench-");
        using var relay = ChildProcess.Start(
            "^relay metrics on (http://.*)/metrics$", folder.FullName, args[0],
            "--server:port", "0", "--metrics:port", "0", "--logging:level", "none", "--hub:max_user_hubs", "100000", "--server:ping_interval", "1h", "--server:ping_timeout", "1h");
        var metrics = new Uri(await relay.FoundAsync());
        var port = (int)relay.Said("^relay listening on http://127.0.0.1:([0-9]+)");
        var sockets = new List<Socket>();
        using var http = new HttpClient { BaseAddress = metrics };
        Console.WriteLine($"{"connections",12}{"bytes",9}{"gzip",7}{"p50 ms",9}{"max ms",9}{"CPU ms",9}{"allocated KB",14}");
        foreach (var count in (int[])[0, connections])
        {
            while (sockets.Count < count) sockets.Add(Join(port, sockets.Count));
            await Task.Delay(Rest);
            await MeasureAsync(http, relay, count, scrapes);
        }

        foreach (var socket in sockets) socket.Dispose();
        relay.Terminate();
        await relay.ExitAsync();
        folder.Delete(recursive: true);
    }

    private static async Task MeasureAsync(HttpClient http, ChildProcess relay, int connections, int scrapes)
    {
        // The first ones are compiled.
        for (var i = 0; i < 30; i++) await ScrapeAsync(http, gzip: true);
        var text = await ScrapeAsync(http, gzip: false);
        var packed = (await ScrapeAsync(http, gzip: true)).Length;
        if (Value(text, "relay_connections") != connections) throw new InvalidOperationException($"{Value(text, "relay_connections")} connections in place of {connections}");
        var (allocated, cpu) = (Value(await ScrapeAsync(http, gzip: false), Allocated), relay.Cpu);
        var times = new List<TimeSpan>();
        for (var i = 0; i < scrapes; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await ScrapeAsync(http, gzip: true);
            times.Add(Stopwatch.GetElapsedTime(began));
        }

        cpu = (relay.Cpu - cpu) / scrapes;
        allocated = (Value(await ScrapeAsync(http, gzip: false), Allocated) - allocated) / (scrapes + 1);
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{connections,12}{text.Length,9}{packed,7}{times[times.Count / 2].TotalMilliseconds,9:0.00}{times[^1].TotalMilliseconds,9:0.00}{cpu.TotalMilliseconds,9:0.00}{allocated / 1024,14:0}"));
        if (times[times.Count / 2] > Promised) throw new InvalidOperationException("A scrape takes longer than promised.");
    }

    private const string Allocated = "dotnet_gc_heap_total_allocated_bytes_total";

    // As Prometheus asks.
    private static async Task<byte[]> ScrapeAsync(HttpClient http, bool gzip)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        if (gzip) request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    private static double Value(byte[] text, string name) => Value(Encoding.UTF8.GetString(text), name);

    private static double Value(string text, string name) => double.Parse(Regex.Match(text, $"^{name}(?:{{}})? (.*)$", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);

    // From many addresses of the loopback network, as one has not enough ports.
    private static Socket Join(int port, int number)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (number / 1000))]), 0));
        socket.Connect(IPAddress.Loopback, port);
        socket.Send(Encoding.ASCII.GetBytes(
            $"GET /ws?user_id=u{number.ToString(CultureInfo.InvariantCulture)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: relay.v1\r\n\r\n"));
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\"welcome\""u8) < 0)
        {
            var got = socket.Receive(buffer.AsSpan(length));
            if (got == 0) throw new InvalidOperationException($"not welcome: {Encoding.ASCII.GetString(buffer, 0, length)}");
            length += got;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return socket;
    }
}
