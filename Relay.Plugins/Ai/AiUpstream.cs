using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>The configured upstream: settings and client, shared by the instances of all users that have the same settings.</summary>
internal sealed class AiUpstream
{
    private static readonly ConditionalWeakTable<PluginSettings, AiUpstream> BySettings = [];

    private readonly ConcurrentDictionary<string, ResumeBudget> _budgets = new(StringComparer.Ordinal);

    private AiUpstream(AiSettings settings)
    {
        Settings = settings;
        Client = settings.BaseUrl is { } address ? new OpenAiChatClient(address, settings.ApiKey) : null;
    }

    public AiSettings Settings { get; }

    /// <summary>Null when no upstream is configured.</summary>
    public IChatClient? Client { get; }

    /// <summary>What the tenant's resumable chats share.</summary>
    public ResumeBudget Budget(string tenant) => _budgets.GetOrAdd(tenant, static (_, limit) => new(limit), Settings.TenantResumeBytes);

    /// <exception cref="FormatException">A setting cannot be.</exception>
    public static AiUpstream Of(PluginSettings settings) =>
        BySettings.GetValue(settings, static key => new AiUpstream(AiSettings.Read(key)));
}
