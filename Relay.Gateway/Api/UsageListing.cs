using System.Text.Json.Serialization;
using Relay.Core;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Api;

/// <summary>What a tenant has used of this process since <c>since</c>.</summary>
internal sealed record UsageItem(
    string Tenant,
    DateTimeOffset Since,
    ConnectionUsage Connections,
    TrafficUsage Messages,
    TrafficUsage Bytes,
    long Requests,
    TunnelUsage Tunnels,
    TokenUsage Tokens,
    long Refused)
{
    public static UsageItem Of(TenantId tenant, DateTimeOffset since, in UsageCounts counts) => new(
        tenant.Name,
        since,
        new(counts.ConnectionsOpened - counts.ConnectionsClosed, counts.ConnectionsOpened),
        new(counts.MessagesIn, counts.MessagesOut),
        new(counts.BytesIn, counts.BytesOut),
        counts.Requests,
        new(counts.Tunnels, counts.TunnelBytesUp, counts.TunnelBytesDown),
        new(counts.PromptTokens, counts.CompletionTokens),
        counts.Refused);
}

/// <summary>Sockets.</summary>
internal sealed record ConnectionUsage(long Open, long Opened);

/// <summary>In to the relay, out of it.</summary>
internal sealed record TrafficUsage(long In, long Out);

/// <summary>Tunnels, and the bytes in them.</summary>
internal sealed record TunnelUsage(long Opened, long BytesUp, long BytesDown);

/// <summary>Tokens that model servers reported.</summary>
internal sealed record TokenUsage(long Prompt, long Completion);

/// <summary>The answer of <c>GET /api/v1/tenants-usage</c>.</summary>
/// <param name="Tenants">The tenants asked for, in the order of their names.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record UsageListing(IReadOnlyList<UsageItem> Tenants, string? Next);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UsageItem))]
[JsonSerializable(typeof(UsageListing))]
internal sealed partial class UsageListingJson : JsonSerializerContext;
