using System.Text.Json.Serialization;
using Relay.Core.Hubs;
using Relay.Core.Runtime;

namespace Relay.Gateway.Api;

/// <summary>The answer of <c>GET /api/v1/hubs</c>.</summary>
/// <param name="Total">Hubs of the tenant.</param>
/// <param name="Connections">Connections of the tenant.</param>
/// <param name="Hubs">The hubs asked for, in the order of their users' ids.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record HubListing(int Total, long Connections, IReadOnlyList<HubItem> Hubs, string? Next)
{
    public static HubListing Of(HubPage found, Page page)
    {
        var (hubs, next) = page.Cut(found.Hubs, HubItem.Of, static hub => hub.UserId);
        return new(found.Total, found.Connections, hubs, next);
    }
}

/// <summary>A user's hub.</summary>
internal sealed record HubItem(
    string UserId, string Phase, long IdleSeconds, IReadOnlyList<string> Connections, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, PluginItem> Plugins)
{
    public static HubItem Of(HubDescription hub) => new(
        hub.UserId,
        hub.Phase,
        (long)hub.IdleFor.TotalSeconds,
        hub.Connections,
        hub.Groups,
        hub.Plugins.ToDictionary(plugin => plugin.Prefix, plugin => new PluginItem(plugin.Status, plugin.Crashes), StringComparer.Ordinal));
}

/// <summary>A plugin of a user.</summary>
internal sealed record PluginItem(string Status, int Crashes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HubListing))]
internal sealed partial class HubListingJson : JsonSerializerContext;
