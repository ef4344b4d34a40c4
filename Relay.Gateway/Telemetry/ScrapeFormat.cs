using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Relay.Gateway.Telemetry;

/// <summary>In which of its two formats Prometheus is answered.</summary>
internal enum ScrapeFormat
{
    /// <summary>The text exposition format 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}

/// <summary>What a scraper asks for.</summary>
internal static class ScrapeFormats
{
    public static string ContentType(this ScrapeFormat format) => format switch
    {
        ScrapeFormat.Text => "text/plain; version=0.0.4; charset=utf-8",
        ScrapeFormat.OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };

    /// <summary>The format that <c>Accept</c> wants most. Whoever wants neither gets text: a person with a browser, too.</summary>
    public static ScrapeFormat Of(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var wanted)) return ScrapeFormat.Text;
        var (text, open) = (0.0, 0.0);
        foreach (var each in wanted)
        {
            var version = each.Parameters.FirstOrDefault(static parameter => parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value.ToString().Trim('"');
            var quality = each.Quality ?? 1;
            if (each.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) && version is null or "1.0.0") open = Math.Max(open, quality);
            else if (each.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase) && version is null or "0.0.4") text = Math.Max(text, quality);
            else if (each.MatchesAllTypes) text = Math.Max(text, quality);
        }

        return open > text ? ScrapeFormat.OpenMetrics : ScrapeFormat.Text;
    }

    /// <summary>Whether the scraper takes gzip.</summary>
    public static bool TakesGzip(StringValues acceptEncoding) =>
        StringWithQualityHeaderValue.TryParseList(acceptEncoding, out var encodings)
        && encodings.Any(static each => each.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && each.Quality is not 0);
}
