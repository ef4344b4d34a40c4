using System.Net;

namespace Relay.Gateway.Hosting;

/// <summary>The types of settings that belong to one meaning: addresses, origins, paths, levels.</summary>
internal static class SettingForms
{
    public const string AnyHost = "*";
    public const string Localhost = "localhost";
    public const string AnyOrigin = "*";
    public const string AnyPlugin = "*";

    /// <summary>Stands for a secret wherever settings are shown.</summary>
    public const string SecretMark = "(set)";

    public static SettingType<string> Host { get; } = SettingTypes.Checked(
        "an IP address, localhost or *", text => text is AnyHost or Localhost || TryReadAddress(text, out _));

    /// <summary>An address to be told to others, who could do nothing with "every address".</summary>
    public static SettingType<string> OwnAddress { get; } = SettingTypes.Checked(
        "an IP address of this machine",
        text => TryReadAddress(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any));

    public static SettingType<string> Path { get; } = SettingTypes.Checked(
        "a path", text => !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl));

    public static SettingType<string> Url { get; } = SettingTypes.Checked(
        "an http or https URL, or empty", text => text.Length == 0 || IsHttp(text, out _));

    /// <summary>Any text fits, so that no message ever has a reason to quote it.</summary>
    public static SettingType<string> Secret { get; } = SettingTypes.Text with { Show = text => text.Length == 0 ? "" : SecretMark };

    public static SettingType<string> Plugin { get; } = SettingTypes.Checked(
        "a plugin's prefix without the _ at its end, or *",
        text => text == AnyPlugin || (text.Length > 0 && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')));

    public static SettingType<string> Origin { get; } = new(
        "an origin such as https://app.example.com, or *", TryReadOrigin, origin => origin);

    public static SettingType<LogLevel> Level { get; } = SettingTypes.OneOf(
        ("trace", LogLevel.Trace),
        ("debug", LogLevel.Debug),
        ("info", LogLevel.Information),
        ("warn", LogLevel.Warning),
        ("error", LogLevel.Error),
        ("none", LogLevel.None));

    public static SettingType<ClusterRole> Role { get; } = SettingTypes.OneOf(
        ("silo", ClusterRole.Silo), ("gateway", ClusterRole.Gateway), ("all", ClusterRole.All));

    public static SettingType<ClusterMembership> Membership { get; } = SettingTypes.OneOf(
        ("localhost", ClusterMembership.Localhost), ("redis", ClusterMembership.Redis));

    // A bare word is more often a mistyped stderr than a file of that name.
    public static SettingType<string> LogOutput { get; } = SettingTypes.Checked(
        "stderr, stdout or a path (./name for a file of that name)",
        text => text is RelayLoggingOptions.StandardError or RelayLoggingOptions.StandardOutput
            || (text.AsSpan().ContainsAny('/', '\\', '.') && !text.Any(char.IsControl)));

    public static bool IsLoopback(string host) =>
        host == Localhost || (TryReadAddress(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Takes no short forms: the parser reads "1" as 0.0.0.1 and "010.1.1.1" as octal.</summary>
    public static bool TryReadAddress(string host, out IPAddress address)
    {
        var found = IPAddress.TryParse(host, out var parsed);
        address = parsed ?? IPAddress.None;
        return found && (host.Contains(':') || address.ToString() == host);
    }

    // Stored as browsers send it: lower case, punycode, without the default port.
    private static bool TryReadOrigin(string text, out string value)
    {
        value = text;
        if (text is AnyOrigin or "null")
            return true;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.Host.Length == 0)
            return false;
        // "https://a" has the path "/" as a Uri; written out, it is not an origin any more.
        if (text.EndsWith('/') || uri.AbsolutePath is not ("" or "/") || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return false;
        var host = uri.HostNameType == UriHostNameType.Dns ? uri.IdnHost : uri.Host;
        value = $"{uri.Scheme}://{host}{(uri.IsDefaultPort ? "" : ":" + uri.Port)}";
        return true;
    }

    private static bool IsHttp(string text, out Uri? uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
