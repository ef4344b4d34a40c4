using System.Globalization;
using Relay.Abstractions;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;
using static Relay.Gateway.Api.TenantWrites;

namespace Relay.Gateway.Api;

/// <summary>The tenants, for the relay's operator. What is written here is durable, and reaches every process of a cluster.</summary>
internal static class TenantOperations
{
    private const string Tenants = "/api/v1/tenants";
    private const string Tenant = Tenants + "/{tenant}";
    private const string Example = """{"suspended":false,"server":{"allowed_origins":["https://app.example.com"]}}""";

    private static readonly ApiFault NoVersion = new(StatusCodes.Status400BadRequest, "invalid_version", "expected_version is the tenant's version now, or 0 for a tenant that must not exist.");

    private static readonly ApiContent View = new(
        """{"name":"acme","source":"api","suspended":false,"version":1,"updated_at":"2026-11-22T08:00:00+00:00","document":{"suspended":false},"settings":{"server.allowed_origins":"[]"}}""",
        TenantsJson.Default.TenantView);

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listTenants", HttpMethods.Get, Tenants, Access.Administer, "Lists the tenants that the settings or this API name.", ListAsync)
        {
            IsPaged = true,
            Answer = new("""{"total":1,"tenants":[{"name":"acme","source":"api","suspended":false}],"next":null}""", TenantsJson.Default.TenantListing),
        },
        new("getTenant", HttpMethods.Get, Tenant, Access.Administer, "Shows a tenant, and every setting that may differ by tenant as this one gets it.", GetAsync)
        {
            Answer = View,
            Faults = [NoTenant],
        },
        new("putTenant", HttpMethods.Put, Tenant, Access.Administer, "Adds or replaces a tenant: an object with what a settings file has under tenants.NAME.", static call => ChangeAsync(call, PutAsync))
        {
            Query = [("expected_version", "Only when the tenant's version is this one; 0: only when it is new.")],
            Body = new(new(Example, null), static _ => TenantBook.MaxBytes, TooBig),
            Answer = View,
            Faults = [OfSettings, Conflict, Full, Invalid, NoVersion, Unknown, NoStore],
        },
        new("deleteTenant", HttpMethods.Delete, Tenant, Access.Administer, "Removes a tenant. What is open of it is closed, as of one that is suspended; what its plugins have stored stays.", static call => ChangeAsync(call, DeleteAsync))
        {
            Faults = [NoTenant, OfSettings, Unknown, NoStore],
        },
        new("suspendTenant", HttpMethods.Post, Tenant + "/suspend", Access.Administer, "Suspends a tenant: what is open of it is closed, and nothing is let in.", static call => ChangeAsync(call, static call => SuspendAsync(call, suspended: true)))
        {
            Answer = View,
            Faults = [NoTenant, OfSettings, Conflict, Full, Unknown, NoStore],
        },
        new("resumeTenant", HttpMethods.Post, Tenant + "/resume", Access.Administer, "Ends a tenant's suspension.", static call => ChangeAsync(call, static call => SuspendAsync(call, suspended: false)))
        {
            Answer = View,
            Faults = [NoTenant, OfSettings, Conflict, Full, Unknown, NoStore],
        },
    ];

    private static Task ListAsync(ApiCall call)
    {
        var all = Directory(call).Named.ToList();
        var found = all.Where(tenant => call.Page.After is null || string.CompareOrdinal(tenant.Id.Name, call.Page.After) > 0)
            .OrderBy(static tenant => tenant.Id.Name, StringComparer.Ordinal).Take(call.Page.Probe).ToList();
        var (items, next) = call.Page.Cut(found, TenantItem.Of, static tenant => tenant.Name);
        return call.AnswerAsync(new(all.Count, items, next), TenantsJson.Default.TenantListing);
    }

    private static Task GetAsync(ApiCall call) => ShowAsync(call);

    private static async Task PutAsync(ApiCall call)
    {
        if (!TryReadVersion(call.Http.Request.Query, out var expected)) await call.RefuseAsync(NoVersion);
        else await StoreAsync(call, call.Body, expected, () => ShowAsync(call));
    }

    private static async Task DeleteAsync(ApiCall call)
    {
        try
        {
            var deleted = await call.Service<ITenantStore>().DeleteAsync(Id(call), call.Http.RequestAborted);
            await Follower(call).RefreshAsync(call.Http.RequestAborted);
            await (deleted ? call.DoneAsync() : call.RefuseAsync(NoTenant));
        }
        catch (StoreUnavailableException failure)
        {
            await call.RefuseAsync(failure is StoreOutcomeUnknownException ? Unknown : NoStore);
        }
    }

    private static Task SuspendAsync(ApiCall call, bool suspended) =>
        EditAsync(call, document => (TenantDocument.WithSuspended(document, suspended), null), () => ShowAsync(call));

    private static Task ShowAsync(ApiCall call)
    {
        if (Directory(call).Find(Id(call)) is not { } tenant) return call.RefuseAsync(NoTenant);
        var stored = tenant.Source == TenantSource.Api ? Follower(call).Stored.GetValueOrDefault(tenant.Id) : null;
        return call.AnswerAsync(TenantView.Of(tenant, stored), TenantsJson.Default.TenantView);
    }

    private static bool TryReadVersion(IQueryCollection query, out long? version)
    {
        version = null;
        var given = query["expected_version"];
        if (given.Count == 0) return true;
        if (given.Count > 1 || !long.TryParse(given[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        version = number;
        return true;
    }
}
