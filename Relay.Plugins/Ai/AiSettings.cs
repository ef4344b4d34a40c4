using System.Globalization;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>What <c>plugins.ai</c> says. No record: its generated text would show the key.</summary>
internal sealed class AiSettings
{
    private static readonly (string Suffix, double Milliseconds)[] Units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    private static readonly TimeSpan LongestIdle = TimeSpan.FromDays(1);

    private AiSettings(Uri? baseUrl, string? apiKey, string? model, TimeSpan idleTimeout, TimeSpan resumeWindow, int resumeBytes, int tenantResumeBytes)
    {
        BaseUrl = baseUrl;
        ApiKey = apiKey;
        Model = model;
        IdleTimeout = idleTimeout;
        ResumeWindow = resumeWindow;
        ResumeBytes = resumeBytes;
        TenantResumeBytes = tenantResumeBytes;
    }

    /// <summary><c>upstream.base_url</c>, to which <c>/chat/completions</c> is added; null when there is no upstream.</summary>
    public Uri? BaseUrl { get; }

    /// <summary><c>upstream.api_key</c>.</summary>
    public string? ApiKey { get; }

    /// <summary><c>upstream.model</c>: the model of a chat that names none.</summary>
    public string? Model { get; }

    /// <summary><c>idle_timeout</c>: how long the upstream may be silent, before its first word and between any two.</summary>
    public TimeSpan IdleTimeout { get; }

    /// <summary><c>resume_window</c>: how long a chat with a <c>stream_id</c> goes on, and is kept, while nobody reads it.</summary>
    public TimeSpan ResumeWindow { get; }

    /// <summary><c>resume_bytes</c>: what is kept of such a chat.</summary>
    public int ResumeBytes { get; }

    /// <summary><c>tenant_resume_bytes</c>: what is kept of all such chats of a tenant in this process.</summary>
    public int TenantResumeBytes { get; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="FormatException">One of them cannot be; the message names it.</exception>
    public static AiSettings Read(PluginSettings settings) => new(
        ReadBaseUrl(settings.GetString("upstream.base_url", "")),
        ReadKey(settings.GetString("upstream.api_key", "")),
        settings.GetString("upstream.model", "") is { Length: > 0 } model ? model : null,
        ReadDuration(settings, "idle_timeout"),
        ReadDuration(settings, "resume_window"),
        settings.GetInt32("resume_bytes", 1024 * 1024),
        settings.GetInt32("tenant_resume_bytes", 64 * 1024 * 1024));

    private static Uri? ReadBaseUrl(string text)
    {
        if (text.Length == 0)
            return null;
        // The text is not repeated: a key may hide in it.
        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url
            : throw new FormatException("plugins.ai.upstream.base_url: not an http or https address without user, query and fragment");
    }

    private static string? ReadKey(string text) =>
        text.Length == 0 ? null
        : text.All(c => c is > ' ' and <= '~') ? text
        : throw new FormatException("plugins.ai.upstream.api_key: only visible ASCII characters can be sent");

    private static TimeSpan ReadDuration(PluginSettings settings, string name)
    {
        var text = settings.GetString(name, "60s");
        var (suffix, milliseconds) = Units.FirstOrDefault(unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal), ("", 1_000));
        return double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            && amount * milliseconds is >= 1 and var total && total <= LongestIdle.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(total)
            : throw new FormatException($"plugins.ai.{name}: '{text}' is not a duration between 1ms and 24h, like '60s'");
    }
}
