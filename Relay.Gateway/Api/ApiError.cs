using System.Text.Json.Serialization;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Api;

/// <summary>An HTTP answer that says what was wrong: <c>{"error":"code","message":"…"}</c>.</summary>
/// <param name="Error">A code for programs.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record ApiError([property: JsonPropertyName("error")] string Error, [property: JsonPropertyName("message")] string Message)
{
    public static Task WriteAsync(HttpContext context, int status, string error, string message)
    {
        context.Response.StatusCode = status;
        context.Features.Get<CodeTally>()?.Count(error);
        return context.Response.WriteAsJsonAsync(new ApiError(error, message), ApiErrorJson.Default.ApiError);
    }
}

/// <summary>Gives the refusals that routing makes without a body the shape of all others.</summary>
internal static class RoutingErrors
{
    public static IApplicationBuilder UseRoutingErrors(this IApplicationBuilder app) => app.UseStatusCodePages(static context =>
    {
        var http = context.HttpContext;
        return http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ApiError.WriteAsync(http, StatusCodes.Status404NotFound, "not_found", "There is nothing at this address."),
            StatusCodes.Status405MethodNotAllowed => ApiError.WriteAsync(http, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "This address does not take the method; see Allow."),
            _ => Task.CompletedTask,
        };
    });
}

[JsonSerializable(typeof(ApiError))]
internal sealed partial class ApiErrorJson : JsonSerializerContext;
