using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Nodes;

/// <summary>An error in the shape that clients of OpenAI's API expect.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people.</param>
/// <param name="Param">The member of the body that is wrong, or null.</param>
internal sealed record CallError(int Status, string Code, string Message, string? Param = null)
{
    /// <summary>Every code; docs/protocol.md says what each means.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "invalid_body", "bad_identity", "bad_request", "invalid_offset", "invalid_stream_id", "unauthenticated", "invalid_token", "token_expired", "forbidden", "wrong_tenant",
        "tenant_suspended", "origin_not_allowed", "model_not_found", "not_found", "unknown_tenant", "stream_not_found", "method_not_allowed", "stream_exists",
        "stream_not_resumable", "stream_stopped", "body_too_big", "offset_ahead", "too_many_streams", "rate_limited", "too_many_failures", "node_lost", "node_failed", "bad_upstream",
        "stream_lost", "no_capacity", "going_away", "stream_unavailable", "unavailable", "first_byte_timeout",
    ];

    /// <summary>When it makes sense to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    // The names that the published clients know.
    private string Type => Status >= StatusCodes.Status500InternalServerError ? "server_error" : "invalid_request_error";

    public static CallError UnknownModel(string model) =>
        new(StatusCodes.Status404NotFound, "model_not_found", $"No node serves the model '{model}'.", "model");

    public static CallError Busy(TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, "no_capacity", "Every node that serves the model is busy.") { RetryAfter = retryAfter };

    public static CallError GoingAway { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "going_away", "The relay is being stopped.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static CallError TenantSuspended { get; } = new(StatusCodes.Status403Forbidden, "tenant_suspended", "The tenant is suspended.");

    public static CallError NodeLost { get; } = new(StatusCodes.Status502BadGateway, "node_lost", "The node that had the request was lost, and there is no other.");

    public static CallError NodeFailed(string message) => new(StatusCodes.Status502BadGateway, "node_failed", $"The node could not serve the request: {message}");

    public static CallError BadUpstream(string message) => new(StatusCodes.Status502BadGateway, "bad_upstream", message);

    public static CallError FirstByteTimeout { get; } = new(StatusCodes.Status504GatewayTimeout, "first_byte_timeout", "The node has sent nothing within nodes.first_byte_timeout.");

    public static CallError IdleTimeout { get; } = new(StatusCodes.Status504GatewayTimeout, "idle_timeout", "The node has sent nothing for nodes.idle_timeout.");

    /// <summary>Answers a request with it.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Features.Get<CodeTally>()?.Count(Code);
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (RetryAfter is { } wait) response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var body = ToJson();
        response.ContentLength = body.Length;
        // To HEAD there is no body.
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The error as the last event of a stream.</summary>
    /// <param name="endsInside">Whether the stream broke off inside an event, which has to be ended first.</param>
    public byte[] ToEvent(bool endsInside) => [.. endsInside ? "\n\n"u8 : default, .. "data: "u8, .. ToJson(), .. "\n\n"u8];

    /// <summary>The error as a body.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("error"u8);
            // A node's words may hold halves of surrogate pairs, which no JSON can.
            json.WriteString("message"u8, Encoding.UTF8.GetBytes(Message));
            json.WriteString("type"u8, Type);
            json.WriteString("param"u8, Param);
            json.WriteString("code"u8, Code);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
