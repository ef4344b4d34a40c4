using Relay.Core;

namespace Relay.Grains;

/// <summary>The tenant on whose behalf a grain is called. It travels with the call, and is set from an authenticated identity or from the caller's own key.</summary>
internal static class TenantContext
{
    private const string Name = "relay.tenant";

    public static string? Current => RequestContext.Get(Name) as string;

    public static void Set(TenantId tenant) => RequestContext.Set(Name, tenant.Name);

    /// <summary>Tells an actor of the tenant something that is given up when it does not arrive.</summary>
    public static async Task TellAsync(TenantId tenant, Func<Task> call)
    {
        try
        {
            Set(tenant);
            await call();
        }
        catch (Exception)
        {
            // The caller says with what it is given up.
        }
    }
}
