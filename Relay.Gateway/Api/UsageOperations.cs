using Relay.Gateway.Auth;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Api;

/// <summary>What tenants have used of this process.</summary>
internal static class UsageOperations
{
    private const string Example = """
        {"tenant":"default","since":"2026-11-22T08:00:00+00:00","connections":{"open":1,"opened":3},"messages":{"in":20,"out":25},"bytes":{"in":1800,"out":2400},"requests":4,"tunnels":{"opened":1,"bytes_up":700,"bytes_down":9000},"tokens":{"prompt":120,"completion":450},"refused":0}
        """;

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("getUsage", HttpMethods.Get, "/api/v1/usage", Access.Observe, "Tells what the tenant has used of this process: connections, messages, bytes, tunnels and tokens.", GetAsync)
        {
            Answer = new(Example, UsageListingJson.Default.UsageItem),
        },
        new("listUsage", HttpMethods.Get, "/api/v1/tenants-usage", Access.Administer, "Tells what every tenant has used of this process.", ListAsync)
        {
            IsPaged = true,
            Answer = new("{\"tenants\":[" + Example.Trim() + "],\"next\":null}", UsageListingJson.Default.UsageListing),
        },
    ];

    private static Task GetAsync(ApiCall call)
    {
        var limits = call.Service<LimitTable>();
        return call.AnswerAsync(UsageItem.Of(call.Tenant, limits.Since, limits.Usage(call.Tenant)), UsageListingJson.Default.UsageItem);
    }

    private static Task ListAsync(ApiCall call)
    {
        var limits = call.Service<LimitTable>();
        var found = limits.Usage().Tenants
            .Where(each => call.Page.After is not { } after || string.CompareOrdinal(each.Tenant.Name, after) > 0)
            .OrderBy(static each => each.Tenant.Name, StringComparer.Ordinal)
            .Take(call.Page.Probe)
            .ToList();
        var (items, next) = call.Page.Cut(found, each => UsageItem.Of(each.Tenant, limits.Since, each.Counts), static item => item.Tenant);
        return call.AnswerAsync(new(items, next), UsageListingJson.Default.UsageListing);
    }
}
