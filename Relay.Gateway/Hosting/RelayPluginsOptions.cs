using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

internal sealed record RelayPluginsOptions
{
    public const string DefaultDirectory = "plugins";

    public string Directory { get; init; } = DefaultDirectory;

    public ImmutableArray<string> Allow { get; init; } = [SettingForms.AnyPlugin];

    public TimeSpan HandlerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan DetachedIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public int MaxOpenRequests { get; init; } = 100;

    public int MaxAbandoned { get; init; } = 16;

    /// <summary>Null: a crash is never forgiven.</summary>
    public TimeSpan? RestartWindow { get; init; }

    public RelaySessionOptions Session { get; init; } = new();

    public RelayAiOptions Ai { get; init; } = new();

    public RelayEchoOptions Echo { get; init; } = new();

    /// <summary>
    /// What stands under <c>plugins.NAME</c> for the plugin whose prefix is <c>NAME_</c>, nested keys joined with dots.
    /// Only the host knows its plugins, so it checks at start that each name has one.
    /// </summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Custom { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, string>>(StringComparer.Ordinal);

    // Custom values may be secrets, and a record prints all its members.
    public override string ToString() => $"{nameof(RelayPluginsOptions)} of {Directory} with settings for {string.Join(' ', Custom.Keys)}";
}

internal sealed record RelaySessionOptions
{
    public bool Enabled { get; init; } = true;

    public int MaxStateBytes { get; init; } = 64 * 1024;

    public int MaxSessions { get; init; } = 100;
}

internal sealed record RelayAiOptions
{
    public bool Enabled { get; init; } = true;

    public RelayAiUpstreamOptions Upstream { get; init; } = new();

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromSeconds(60);

    public int ResumeBytes { get; init; } = 1024 * 1024;

    public int TenantResumeBytes { get; init; } = 64 * 1024 * 1024;
}

internal sealed record RelayAiUpstreamOptions
{
    /// <summary>Empty: there is no upstream.</summary>
    public string BaseUrl { get; init; } = "";

    public string ApiKey { get; init; } = "";

    public string Model { get; init; } = "";

    // A record prints all its members, and this one would print the key into a log.
    public override string ToString() => $"{nameof(RelayAiUpstreamOptions)} of {Model} at {BaseUrl}";
}

internal sealed record RelayEchoOptions
{
    public bool Enabled { get; init; }
}
