using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Api;

/// <summary>The OpenAPI 3.1 document of the operations that are served, made from their table.</summary>
internal static class OpenApiDocument
{
    private static readonly JsonSchemaExporterOptions Exact = new() { TreatNullObliviousAsNonNullable = true };

    public static byte[] Write(IReadOnlyList<ApiOperation> operations)
    {
        var schemas = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal) { ["Error"] = Schema(ApiErrorJson.Default.ApiError) };
        var paths = new JsonObject();
        foreach (var path in operations.GroupBy(static operation => operation.Path))
        {
            var item = new JsonObject();
            foreach (var operation in path) item[operation.Method.ToLowerInvariant()] = Operation(operation, schemas);
            paths[path.Key] = item;
        }

        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Relay",
                ["version"] = RelayVersion.Text,
                ["description"] = "What back ends and operators do: publish to users, groups and rooms, see who is there, end connections.",
            },
            ["servers"] = new JsonArray(
                new JsonObject { ["url"] = "/", ["description"] = "The token's tenant, or the default one." },
                new JsonObject
                {
                    ["url"] = "/t/{tenant}",
                    ["description"] = "A tenant by its name.",
                    ["variables"] = new JsonObject { ["tenant"] = new JsonObject { ["default"] = "default" } },
                }),
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject()),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas.Select(static schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value))),
                ["securitySchemes"] = new JsonObject { ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(document, OpenApiJson.Default.JsonObject);
    }

    private static JsonObject Operation(ApiOperation operation, SortedDictionary<string, JsonNode> schemas)
    {
        var described = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["summary"] = operation.Summary,
            ["x-relay-access"] = operation.Access.ToString().ToLowerInvariant(),
            ["parameters"] = new JsonArray([.. Parameters(operation)]),
        };
        if (operation.Body is { } body) described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(body.Content, schemas) };
        described["responses"] = Responses(operation, schemas);
        return described;
    }

    private static IEnumerable<JsonNode> Parameters(ApiOperation operation)
    {
        foreach (var id in operation.Ids)
        {
            yield return Parameter(id, "path", "1 to 256 bytes of UTF-8, percent-encoded.", Text(), ApiExamples.IdOf(id));
        }

        if (operation.IsKeyed) yield return Parameter(KeyedRequests.Header, "header", "A request that comes again with its key gets the answer of the first and is not performed again.", Text(), null);
        foreach (var (name, summary) in operation.Query) yield return Parameter(name, "query", summary, Text(), null);
        if (operation.IsPaged)
        {
            yield return Parameter("after", "query", "Only what stands behind this id: the answer's next.", Text(), null);
            yield return Parameter(
                "limit", "query", "How many at the most.", new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = Paging.MaxLimit, ["default"] = Paging.DefaultLimit }, null);
        }
    }

    private static JsonObject Parameter(string name, string place, string description, JsonObject schema, string? example)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["description"] = description, ["schema"] = schema };
        if (place == "path") parameter["required"] = true;
        if (example is not null) parameter["example"] = example;
        return parameter;
    }

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject Responses(ApiOperation operation, SortedDictionary<string, JsonNode> schemas)
    {
        var success = new JsonObject { ["description"] = "Done." };
        if (operation.Answer is { } answer) success["content"] = Content(answer, schemas);
        var responses = new JsonObject { [operation.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = success };
        foreach (var status in ApiFaults.Of(operation).GroupBy(static fault => fault.Status).OrderBy(static status => status.Key))
        {
            var examples = new JsonObject();
            foreach (var fault in status)
                examples[fault.Error] = new JsonObject { ["summary"] = fault.Message, ["value"] = new JsonObject { ["error"] = fault.Error, ["message"] = fault.Message } };
            responses[status.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new JsonObject
            {
                ["description"] = string.Join(", ", status.Select(static fault => fault.Error)),
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Reference("Error"), ["examples"] = examples } },
            };
        }

        return responses;
    }

    private static JsonObject Content(ApiContent content, SortedDictionary<string, JsonNode> schemas)
    {
        var media = new JsonObject();
        if (content.Type is { } type)
        {
            schemas.TryAdd(type.Type.Name, Schema(type));
            media["schema"] = Reference(type.Type.Name);
        }

        media["example"] = content.MediaType == ApiContent.Json ? JsonNode.Parse(content.Example) : content.Example;
        return new() { [content.MediaType] = media };
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = "#/components/schemas/" + name };

    private static JsonNode Schema(JsonTypeInfo type) => type.GetJsonSchemaAsNode(Exact);
}
