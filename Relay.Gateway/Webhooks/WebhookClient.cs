using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Relay.Core;
using Relay.Core.Telemetry;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Webhooks;

/// <summary>Speaks to receivers. Their addresses come from the operator's settings alone.</summary>
internal sealed class WebhookClient(TimeProvider time) : IDisposable
{
    // What a receiver may answer; more is not read.
    public const int MaxAnswerBytes = 16 * 1024;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        // A redirect would carry users' names to where nobody configured.
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 64,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    /// <summary>Posts a signed body.</summary>
    /// <param name="span">The name of its span; the request carries it.</param>
    /// <param name="tenant">Whose receiver it is.</param>
    /// <param name="url">Where.</param>
    /// <param name="hooks">Whose secrets sign it.</param>
    /// <param name="body">The body, JSON.</param>
    /// <param name="timeout">How long the whole may take.</param>
    /// <param name="headers">What else stands in the head.</param>
    /// <param name="over">Nobody waits any more.</param>
    /// <returns>The status and the answer's body, no status when there was no answer; and the span, which has ended.</returns>
    public async Task<(HttpStatusCode? Status, byte[] Body, Activity? Span)> PostAsync(
        string span, TenantId tenant, string url, RelayWebhooksOptions hooks, byte[] body, TimeSpan timeout, IEnumerable<(string Name, string Value)> headers, CancellationToken over)
    {
        var traced = RelayTrace.IsOn ? RelayTrace.Source.StartActivity(span, ActivityKind.Client) : null;
        traced?.SetTag(RelayTrace.Tenant, tenant.Name);
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, over);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        WebhookSignature.Sign(request, hooks, body, time.GetUtcNow());
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, both.Token);
            traced?.SetTag(RelayTrace.StatusCode, (int)response.StatusCode);
            var answer = await response.Content.ReadAsByteArrayAsync(both.Token);
            if (traced is not null) RelayTrace.End(traced, response.IsSuccessStatusCode ? null : ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
            return (response.StatusCode, answer, traced);
        }
        catch (Exception e) when (!over.IsCancellationRequested && e is HttpRequestException or OperationCanceledException or IOException)
        {
            if (traced is not null) RelayTrace.End(traced, e.GetType().FullName);
            return (null, [], traced);
        }
        finally
        {
            traced?.Dispose();
        }
    }

    public void Dispose() => _http.Dispose();
}
