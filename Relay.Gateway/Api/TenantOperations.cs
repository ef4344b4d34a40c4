using System.Globalization;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>The tenants, for the relay's operator. What is written here is durable, and reaches every process of a cluster.</summary>
internal static class TenantOperations
{
    private const string Tenants = "/api/v1/tenants";
    private const string Tenant = Tenants + "/{tenant}";
    private const string Example = """{"suspended":false,"server":{"allowed_origins":["https://app.example.com"]}}""";

    // A change by two at once is tried again; more at once are told.
    private const int Tries = 3;

    private static readonly ApiFault NoTenant = new(StatusCodes.Status404NotFound, "tenant_not_found", "There is no such tenant.");
    private static readonly ApiFault OfSettings = new(StatusCodes.Status409Conflict, "tenant_in_settings", "The settings name this tenant, and they count; change it there.");
    private static readonly ApiFault Conflict = new(StatusCodes.Status409Conflict, "tenant_conflict", "The tenant's version is another one: somebody else has changed it.");
    private static readonly ApiFault Full = new(StatusCodes.Status429TooManyRequests, "too_many_tenants", $"There are {TenantBook.MaxTenants} stored tenants, the most that there may be.");
    private static readonly ApiFault TooBig = new(StatusCodes.Status413PayloadTooLarge, "tenant_too_big", $"What is said of a tenant is at most {TenantBook.MaxBytes} bytes.");
    private static readonly ApiFault Invalid = new(StatusCodes.Status400BadRequest, "invalid_tenant", "The body is no tenant's settings.");
    private static readonly ApiFault NoVersion = new(StatusCodes.Status400BadRequest, "invalid_version", "expected_version is the tenant's version now, or 0 for a tenant that must not exist.");
    private static readonly ApiFault Unknown = new(StatusCodes.Status503ServiceUnavailable, "outcome_unknown", "The store was lost meanwhile: the change was made or not; read it to find out.");
    private static readonly ApiFault NoStore = new(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The store does not work now; nothing was changed.");

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

    /// <summary>Performs what changes a tenant, unless the settings name it.</summary>
    private static Task ChangeAsync(ApiCall call, Func<ApiCall, Task> change) => Directory(call).IsOfSettings(Id(call)) ? call.RefuseAsync(OfSettings) : change(call);

    private static async Task PutAsync(ApiCall call)
    {
        if (!TryReadVersion(call.Http.Request.Query, out var expected)) await call.RefuseAsync(NoVersion);
        else await StoreAsync(call, call.Body, expected);
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

    private static async Task SuspendAsync(ApiCall call, bool suspended)
    {
        for (var left = Tries; left > 0; left--)
        {
            if (Directory(call).Find(Id(call)) is null)
            {
                await call.RefuseAsync(NoTenant);
                return;
            }

            var stored = Follower(call).Stored.GetValueOrDefault(Id(call));
            var body = TenantDocument.WithSuspended(stored?.Value ?? "{}"u8.ToArray(), suspended);
            if (await StoreAsync(call, body, stored?.Version ?? 0, tellsConflict: left == 1)) return;
        }
    }

    /// <summary>Stores and answers, unless there was a conflict that is not to be told.</summary>
    private static async Task<bool> StoreAsync(ApiCall call, byte[] body, long? expected, bool tellsConflict = true)
    {
        var (options, faults) = TenantDocument.Read(Id(call), body, Directory(call).Settings);
        if (options is null)
        {
            await call.RefuseAsync(Invalid with { Message = string.Join("; ", faults) });
            return true;
        }

        try
        {
            var write = await call.Service<ITenantStore>().PutAsync(Id(call), body, expected, call.Http.RequestAborted);
            await Follower(call).RefreshAsync(call.Http.RequestAborted);
            if (write.Outcome == TenantWriteOutcome.OtherVersion && !tellsConflict) return false;
            await (write.Outcome switch
            {
                TenantWriteOutcome.OtherVersion => call.RefuseAsync(Conflict),
                TenantWriteOutcome.Full => call.RefuseAsync(Full),
                TenantWriteOutcome.Written => ShowAsync(call),
            });
        }
        catch (StoreUnavailableException failure)
        {
            await call.RefuseAsync(failure is StoreOutcomeUnknownException ? Unknown : NoStore);
        }

        return true;
    }

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

    private static TenantId Id(ApiCall call) => new(call["tenant"]);

    private static TenantDirectory Directory(ApiCall call) => call.Service<TenantDirectory>();

    private static TenantFollower Follower(ApiCall call) => call.Service<TenantFollower>();
}
