using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>What the operations of <c>/api/v1</c> have in common. Each of them has answered the request itself when it says that there is nothing to go on with.</summary>
internal static class ApiRequest
{
    /// <summary>Begins an operation: its answer is not to be kept, and whoever asks has to be admitted to it; <see cref="Admitted.Of"/> tells who that is.</summary>
    public static async ValueTask<bool> BeginAsync(HttpContext context, Access access)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var (_, refusal) = await context.RequestServices.GetRequiredService<Admission>().DecideAsync(context, access);
        if (refusal is null) return true;
        await ApiError.WriteAsync(context, refusal.Status, refusal.Code, refusal.Message);
        return false;
    }

    /// <summary>Which part of a list is asked for.</summary>
    public static async ValueTask<(string? After, int Limit)?> ReadPageAsync(HttpContext context)
    {
        if (Paging.TryRead(context.Request.Query, out var after, out var limit, out var error)) return (after, limit);
        await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, error.Error, error.Message);
        return null;
    }
}
