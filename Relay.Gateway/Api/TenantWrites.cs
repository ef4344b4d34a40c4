using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>What all operations share that change a stored tenant.</summary>
internal static class TenantWrites
{
    public static readonly ApiFault NoTenant = new(StatusCodes.Status404NotFound, "tenant_not_found", "There is no such tenant.");
    public static readonly ApiFault OfSettings = new(StatusCodes.Status409Conflict, "tenant_in_settings", "The settings name this tenant, and they count; change it there.");
    public static readonly ApiFault Conflict = new(StatusCodes.Status409Conflict, "tenant_conflict", "The tenant's version is another one: somebody else has changed it.");
    public static readonly ApiFault Full = new(StatusCodes.Status429TooManyRequests, "too_many_tenants", $"There are {TenantBook.MaxTenants} stored tenants, the most that there may be.");
    public static readonly ApiFault TooBig = new(StatusCodes.Status413PayloadTooLarge, "tenant_too_big", $"What is said of a tenant is at most {TenantBook.MaxBytes} bytes.");
    public static readonly ApiFault Invalid = new(StatusCodes.Status400BadRequest, "invalid_tenant", "The body is no tenant's settings.");
    public static readonly ApiFault Unknown = new(StatusCodes.Status503ServiceUnavailable, "outcome_unknown", "The store was lost meanwhile: the change was made or not; read it to find out.");
    public static readonly ApiFault NoStore = new(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The store does not work now; nothing was changed.");

    // A change by two at once is tried again; more at once are told.
    private const int Tries = 3;

    /// <summary>What an edit may be refused with.</summary>
    public static IReadOnlyList<ApiFault> Faults { get; } = [NoTenant, OfSettings, Conflict, Full, TooBig, Invalid, Unknown, NoStore];

    /// <summary>Performs what changes a tenant, unless the settings name it.</summary>
    public static Task ChangeAsync(ApiCall call, Func<ApiCall, Task> change) => Directory(call).IsOfSettings(Id(call)) ? call.RefuseAsync(OfSettings) : change(call);

    /// <summary>Changes what is stored of a tenant.</summary>
    /// <param name="call">The call.</param>
    /// <param name="edit">Makes the new document of the old one, or says why not. Perhaps more than once.</param>
    /// <param name="answer">Answers when it is stored.</param>
    public static async Task EditAsync(ApiCall call, Func<byte[], (byte[]? Document, ApiFault? Fault)> edit, Func<Task> answer)
    {
        for (var left = Tries; left > 0; left--)
        {
            if (Directory(call).Find(Id(call)) is null)
            {
                await call.RefuseAsync(NoTenant);
                return;
            }

            var stored = Follower(call).Stored.GetValueOrDefault(Id(call));
            var (document, fault) = edit(stored?.Value ?? "{}"u8.ToArray());
            if (document is null)
            {
                await call.RefuseAsync(fault!);
                return;
            }

            if (await StoreAsync(call, document, stored?.Version ?? 0, answer, tellsConflict: left == 1)) return;
        }
    }

    /// <summary>Stores and answers, unless there was a conflict that is not to be told.</summary>
    public static async Task<bool> StoreAsync(ApiCall call, byte[] body, long? expected, Func<Task> answer, bool tellsConflict = true)
    {
        var (options, faults) = TenantDocument.Read(Id(call), body, Directory(call).Settings);
        if (options is null || body.Length > TenantBook.MaxBytes)
        {
            await call.RefuseAsync(options is null ? Invalid with { Message = string.Join("; ", faults) } : TooBig);
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
                TenantWriteOutcome.Written => answer(),
            });
        }
        catch (StoreUnavailableException failure)
        {
            await call.RefuseAsync(failure is StoreOutcomeUnknownException ? Unknown : NoStore);
        }

        return true;
    }

    public static TenantId Id(ApiCall call) => new(call["tenant"]);

    public static TenantDirectory Directory(ApiCall call) => call.Service<TenantDirectory>();

    public static TenantFollower Follower(ApiCall call) => call.Service<TenantFollower>();
}
