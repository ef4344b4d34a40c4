using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Relay.Benchmarks.Nodes;

/// <summary>Many callers at once, each with a stream of its own; they begin one after the other within a second.</summary>
internal static class StreamCaller
{
    private const string Body = """{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}""";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10) }) { Timeout = Timeout.InfiniteTimeSpan };

    public static async Task<Samples> RunAsync(string url, int streams, int seconds)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => OneAsync(url, TimeSpan.FromSeconds((double)i / streams), warm: seconds == 1)));
        var samples = new Samples();
        foreach (var one in all) samples.Add(one);
        return samples;
    }

    private static async Task<Samples> OneAsync(string url, TimeSpan wait, bool warm)
    {
        var samples = new Samples();
        await Task.Delay(wait);
        using var request = new HttpRequestMessage(HttpMethod.Post, url + "/v1/chat/completions") { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
        if (warm) request.Headers.Add("X-Request-Id", "warm");
        var began = Stopwatch.GetTimestamp();
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (line == "data: [DONE]") return samples;
            if (samples.Chunks.Count == 0) samples.First.Add(Samples.Milliseconds(began));
            var space = line.IndexOf(' ', 6);
            if (space < 0 || !long.TryParse(line.AsSpan(6, space - 6), CultureInfo.InvariantCulture, out var left)) break;
            samples.Chunks.Add(Samples.Milliseconds(left));
        }

        samples.Broken = 1;
        return samples;
    }
}
