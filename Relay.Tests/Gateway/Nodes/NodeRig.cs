using System.Net;
using System.Text;
using System.Text.Json;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>A caller of the relay's OpenAI-compatible API.</summary>
internal sealed class NodeCaller(Uri relay) : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 1000 }) { BaseAddress = relay, Timeout = Bound };

    public NodeCaller(NodeHouse house)
        : this(house.Callers.Url)
    {
    }

    public const string Chat = "/v1/chat/completions";

    public static string Body(string model = "m", bool stream = true, string more = "") =>
        $$"""{"model":{{JsonSerializer.Serialize(model)}},"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hello"}]{{more}}}""";

    /// <summary>Sends a request, and gives its answer as soon as that has begun.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, CancellationToken gone = default, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, gone);
    }

    public Task<HttpResponseMessage> PostAsync(string? body, string path = Chat, CancellationToken gone = default, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, gone, headers);

    public async Task<string> GetAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        return await response.Content.ReadAsStringAsync();
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What tests of nodes say again and again.</summary>
internal static class NodeExtensions
{
    public static Func<RelaySettings, RelaySettings> With(this RelayNodesOptions nodes) => settings => settings with { Nodes = nodes };

    /// <summary>The answer is an error of OpenAI's shape, and nothing else.</summary>
    public static async Task ExpectErrorAsync(this HttpResponseMessage response, int status, string code, string? param = null)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((HttpStatusCode)status == response.StatusCode, $"{(int)response.StatusCode}: {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        AssertError(body, code, param, status >= 500 ? "server_error" : "invalid_request_error");
    }

    /// <summary>The text is an error of OpenAI's shape.</summary>
    public static void AssertError(string json, string code, string? param = null, string type = "server_error")
    {
        using var document = JsonDocument.Parse(json);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal(1, document.RootElement.GetPropertyCount());
        Assert.Equal((code, type, param), (error.GetProperty("code").GetString(), error.GetProperty("type").GetString(), error.GetProperty("param").GetString()));
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
    }

    /// <summary>Reads exactly so much of an answer.</summary>
    public static async Task<string> ReadTextAsync(this Stream stream, int bytes)
    {
        var buffer = new byte[bytes];
        await stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return Encoding.UTF8.GetString(buffer);
    }

    public static async Task<string> ReadToEndAsync(this Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
