using OpenTelemetry.Exporter;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Telemetry;

/// <summary>The SDK's options for a collector.</summary>
internal static class OtlpEndpoint
{
    // What a collector answers is a status and a few words.
    private const int MostAnswerBytes = 1 << 20;

    /// <summary>The SDK's options for a signal. Given in code, an HTTP address is used as it stands, so the signal's path is added here.</summary>
    /// <param name="otlp">Where the collector is.</param>
    /// <param name="path">The signal's path over HTTP, such as <c>/v1/metrics</c>.</param>
    public static OtlpExporterOptions Options(RelayOtlpOptions otlp, string path)
    {
        var isHttp = otlp.Protocol == OtlpProtocol.Http;
        var timeout = otlp.Timeout;
        return new()
        {
            Endpoint = new(isHttp ? otlp.Endpoint.TrimEnd('/') + path : otlp.Endpoint),
            Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc,
            Headers = otlp.Headers.Length == 0 ? null : otlp.Headers,
            TimeoutMilliseconds = (int)timeout.TotalMilliseconds,
            HttpClientFactory = () => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
            {
                Timeout = timeout,
                MaxResponseContentBufferSize = MostAnswerBytes,
            },
        };
    }
}
