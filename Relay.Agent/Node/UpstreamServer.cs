using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>The model server, at the other side of the node. Three paths of it are served, and no other is ever asked for but its list of models.</summary>
internal sealed class UpstreamServer : IDisposable
{
    private const int MaxListBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan ListTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http;
    private readonly string _base;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;

    public UpstreamServer(NodeSettings settings, TimeProvider time)
    {
        (_settings, _time) = (settings, time);
        _base = settings.Upstream.AbsoluteUri.TrimEnd('/');
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !settings.Upstream.IsLoopback,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // Many model servers close idle connections after 5 s: a request that meets that close would fail for nothing.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(3),
        });
    }

    /// <summary>An address up to <c>/v1</c>, null when the text is none.</summary>
    public static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Query.Length + address.Fragment.Length + address.UserInfo.Length == 0 ? address : null;

    public static bool Forwards(NodeRequest request) => request.Method == "POST" && request.Path is "/v1/chat/completions" or "/v1/completions" or "/v1/embeddings";

    /// <summary>Sends a request on, and returns with the head of its answer.</summary>
    /// <exception cref="UpstreamException">There is none.</exception>
    public async Task<HttpResponseMessage> SendAsync(NodeRequest request, HttpContent body, CancellationToken cancel)
    {
        using var message = Message(HttpMethod.Post, request.Path["/v1".Length..]);
        message.Content = body;
        foreach (var (name, value) in request.Headers)
            if (!message.Headers.TryAddWithoutValidation(name, value)) body.Headers.TryAddWithoutValidation(name, value);
        var response = await AnswerAsync(message, cancel);
        if ((int)response.StatusCode is >= 200 and <= 599) return response;
        response.Dispose();
        throw new UpstreamException(NodeErrorCodes.UpstreamFailed, $"status {(int)response.StatusCode}");
    }

    /// <summary>Asks for the models.</summary>
    /// <exception cref="UpstreamException">There is no list of them.</exception>
    public async Task<IReadOnlyList<string>> AskModelsAsync(CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(ListTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            using var message = Message(HttpMethod.Get, "/models");
            using var response = await AnswerAsync(message, both.Token);
            if (response.StatusCode != HttpStatusCode.OK) throw new UpstreamException(NodeErrorCodes.UpstreamFailed, $"{message.RequestUri} answers with status {(int)response.StatusCode}");
            await response.Content.LoadIntoBufferAsync(MaxListBytes, both.Token);
            using var list = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(both.Token));
            return Names(list.RootElement) ?? throw new UpstreamException(NodeErrorCodes.UpstreamFailed, $"{message.RequestUri} answers with no list of models");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new UpstreamException(NodeErrorCodes.UpstreamUnreachable, $"no list of models within {ListTimeout.TotalSeconds} s");
        }
        catch (Exception fault) when (fault is JsonException or HttpRequestException or IOException)
        {
            throw new UpstreamException(NodeErrorCodes.UpstreamFailed, "no list of models: " + fault.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private static List<string>? Names(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Object || !list.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) return null;
        return [.. data.EnumerateArray()
            .Select(static model => model.ValueKind == JsonValueKind.Object && model.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : "")
            .Where(static name => name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= NodeWire.MaxNameBytes && !name.Contains('\0'))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(NodeWire.MaxModels)];
    }

    private HttpRequestMessage Message(HttpMethod method, string path)
    {
        var message = new HttpRequestMessage(method, _base + path);
        if (_settings.UpstreamKey.Read() is { } key) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return message;
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage message, CancellationToken cancel)
    {
        try
        {
            return await _http.SendAsync(message, cancel);
        }
        catch (HttpRequestException fault)
        {
            var code = fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                ? NodeErrorCodes.UpstreamUnreachable
                : NodeErrorCodes.UpstreamFailed;
            throw new UpstreamException(code, (fault.InnerException ?? fault).Message);
        }
        catch (IOException fault)
        {
            throw new UpstreamException(NodeErrorCodes.UpstreamFailed, fault.Message);
        }
        catch (OperationCanceledException fault) when (!cancel.IsCancellationRequested)
        {
            // The connect timeout.
            throw new UpstreamException(NodeErrorCodes.UpstreamUnreachable, fault.InnerException?.Message ?? "no connection in time");
        }
    }
}
