using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>The configured upstream: settings and client, shared by the instances of all users that have the same settings.</summary>
internal sealed class AiUpstream
{
    private static readonly ConditionalWeakTable<PluginSettings, AiUpstream> BySettings = [];

    private AiUpstream(AiSettings settings)
    {
        Settings = settings;
        Client = settings.BaseUrl is { } address ? new OpenAiChatClient(address, settings.ApiKey) : null;
    }

    public AiSettings Settings { get; }

    /// <summary>Null when no upstream is configured.</summary>
    public IChatClient? Client { get; }

    /// <exception cref="FormatException">A setting cannot be.</exception>
    public static AiUpstream Of(PluginSettings settings) =>
        BySettings.GetValue(settings, static key => new AiUpstream(AiSettings.Read(key)));
}
