using System.Text.Json.Serialization;

namespace Relay.Gateway.Api;

/// <summary>An HTTP answer that says what was wrong: <c>{"error":"code","message":"…"}</c>.</summary>
/// <param name="Error">A code for programs.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record ApiError([property: JsonPropertyName("error")] string Error, [property: JsonPropertyName("message")] string Message)
{
    public static Task WriteAsync(HttpContext context, int status, string error, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new ApiError(error, message), ApiErrorJson.Default.ApiError);
    }
}

[JsonSerializable(typeof(ApiError))]
internal sealed partial class ApiErrorJson : JsonSerializerContext;
