using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>The description of the operations, for programs.</summary>
internal static class OpenApiOperations
{
    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("getOpenApi", HttpMethods.Get, "/api/v1/openapi.json", Access.Observe, "Gives this document.", GetAsync)
        {
            Answer = new("""{"openapi":"3.1.0"}""", null),
        },
    ];

    private static async Task GetAsync(ApiCall call)
    {
        call.Http.Response.ContentType = ApiContent.Json;
        await call.Http.Response.Body.WriteAsync(call.Service<ApiTable>().OpenApi, call.Http.RequestAborted);
    }
}

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class OpenApiJson : JsonSerializerContext;
