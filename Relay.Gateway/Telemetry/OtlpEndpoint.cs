using OpenTelemetry.Exporter;

namespace Relay.Gateway.Telemetry;

/// <summary>A collector that takes OTLP.</summary>
/// <param name="Address">Where it is; without a path it gets the one of OTLP over HTTP.</param>
/// <param name="Protocol">How it is spoken to.</param>
/// <param name="Headers">What every request carries beside, <c>name=value</c> with commas between: mostly a secret.</param>
/// <param name="Timeout">How long one sending may take.</param>
internal sealed record OtlpEndpoint(Uri Address, OtlpExportProtocol Protocol, string Headers, TimeSpan Timeout)
{
    // What a collector answers is a status and a few words.
    private const int MostAnswerBytes = 1 << 20;

    /// <summary>The SDK's options for a signal.</summary>
    /// <param name="path">The signal's path, such as <c>v1/metrics</c>.</param>
    public OtlpExporterOptions Options(string path)
    {
        var options = new OtlpExporterOptions
        {
            Protocol = Protocol,
            Endpoint = Protocol == OtlpExportProtocol.HttpProtobuf && Address.AbsolutePath == "/" ? new Uri(Address, path) : Address,
            Headers = Headers,
            TimeoutMilliseconds = (int)Timeout.TotalMilliseconds,
        };
        var timeout = Timeout;
        options.HttpClientFactory = () => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = timeout,
            MaxResponseContentBufferSize = MostAnswerBytes,
        };
        return options;
    }

    // A record prints all its members, and one of these is a secret.
    public override string ToString() => Address.ToString();

    /// <summary>Whether headers have the form that they must have.</summary>
    public static bool AreHeaders(string text) => text.Length == 0 || text.Split(',').All(static each =>
        each.IndexOf('=') is > 0 and var at
        && each.AsSpan(0, at).Trim() is { Length: > 0 } name && !name.ContainsAnyExceptInRange('!', '~') && name.IndexOfAny("\"(),/:;<>?@[]{}\\") < 0
        && !each.AsSpan(at).ContainsAnyExceptInRange(' ', '~'));
}
