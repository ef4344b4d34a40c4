using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Core.Rooms;
using Relay.Gateway.Api;
using Relay.Tests.Gateway.Auth;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Api;

/// <summary>Every example of the OpenAPI document, as a client of the document would send it, against a relay that has what the examples name.</summary>
public sealed class ApiExamplesTests
{
    // Their members are not the document's: plugins' names, settings' names, what was written.
    private static readonly string[] Varying = ["plugins", "settings", "document"];

    public static TheoryData<string> Operations => [.. ApiTable.All.Select(operation => operation.Id)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task TheExampleRunsAndItsAnswerHasTheShapeOfTheDocument(string id)
    {
        await using var relay = await StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var connection = await PopulateAsync(relay, http);
        using var document = JsonDocument.Parse(await http.GetStringAsync("/api/v1/openapi.json"));
        var (path, method, operation) = Find(document.RootElement, id);

        foreach (var parameter in operation.GetProperty("parameters").EnumerateArray().Where(one => one.GetProperty("in").ValueEquals("path")))
        {
            var example = parameter.GetProperty("example").GetString()!;
            path = path.Replace($"{{{parameter.GetProperty("name").GetString()}}}", Uri.EscapeDataString(parameter.GetProperty("name").ValueEquals("connection") ? connection : example));
        }

        using var request = new HttpRequestMessage(new(method.ToUpperInvariant()), path);
        if (operation.TryGetProperty("requestBody", out var body))
        {
            var content = body.GetProperty("content").EnumerateObject().Single();
            var example = content.Value.GetProperty("example");
            request.Content = new StringContent(example.ValueKind == JsonValueKind.String ? example.GetString()! : example.GetRawText(), Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(content.Name);
        }

        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var success = operation.GetProperty("responses").EnumerateObject().First();
        Assert.True(success.Name == ((int)response.StatusCode).ToString(), $"{(int)response.StatusCode} {text}");
        if (!success.Value.TryGetProperty("content", out var answer))
        {
            Assert.Empty(text);
            return;
        }

        using var actual = JsonDocument.Parse(text);
        var told = answer.GetProperty("application/json");
        if (!told.TryGetProperty("schema", out var schema)) return;
        var check = new SchemaCheck(document.RootElement);
        check.Assert(actual.RootElement, schema);
        check.Assert(told.GetProperty("example"), schema);
        AssertAlike(told.GetProperty("example"), actual.RootElement, id);
    }

    private static Task<RelayServer> StartAsync() => RelayServer.StartAsync(
        static settings => settings with
        {
            Rooms = settings.Rooms with { Patterns = settings.Rooms.Patterns.Add("chat", new("chat-*", new RoomPolicy { Presence = true })) },
            Plugins = settings.Plugins with { Ai = settings.Plugins.Ai with { Enabled = false } },
        },
        static services => services.AddRelayPlugin<FailingPlugin>());

    // Alice, in a group and a room, with a plugin that has failed; a node.
    private static async Task<string> PopulateAsync(RelayServer relay, HttpClient http)
    {
        var (alice, welcome) = await relay.JoinAsync(ApiExamples.IdOf("user"));
        await alice.SendTextAsync("""{"type":"ai_x","request_id":1}""");
        await alice.ReceiveJsonAsync("error");
        await alice.SendTextAsync("""{"type":"ai_x","request_id":2}""");
        await alice.ReceiveJsonAsync(frame => frame.TryGetProperty("status", out var status) && status.ValueEquals("failed"));
        (await http.PutAsync($"/api/v1/groups/{ApiExamples.IdOf("group")}/members/{ApiExamples.IdOf("user")}", null)).EnsureSuccessStatusCode().Dispose();
        await (await relay.ConnectAsync($"/rooms/{ApiExamples.IdOf("room")}?user_id=alice&since=")).ReceiveJsonAsync("joined");
        await TestNode.JoinAsync(relay, ApiExamples.IdOf("node"));
        (await http.PutAsync($"/api/v1/tenants/{ApiExamples.IdOf("tenant")}", new StringContent($$"""{"suspended":false,"auth":{"api_keys":{"{{ApiExamples.IdOf("key")}}":{"hash":"{{AuthRelay.Hash("backend")}}","roles":["publisher"]} } } }"""))).EnsureSuccessStatusCode().Dispose();
        return welcome.GetProperty("connection_id").GetString()!;
    }

    private static (string Path, string Method, JsonElement Operation) Find(JsonElement document, string id) =>
    (
        from path in document.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        where method.Value.GetProperty("operationId").ValueEquals(id)
        select (path.Name, method.Name, method.Value)).Single();

    // The example has just the members of what is answered: neither forgets one.
    private static void AssertAlike(JsonElement example, JsonElement actual, string where)
    {
        if (example.ValueKind == JsonValueKind.Null || actual.ValueKind == JsonValueKind.Null) return;
        if (example.ValueKind is JsonValueKind.True or JsonValueKind.False && actual.ValueKind is (JsonValueKind.True or JsonValueKind.False)) return;
        Assert.True(example.ValueKind == actual.ValueKind, $"{where}: {example.ValueKind} and {actual.ValueKind}");
        if (example.ValueKind == JsonValueKind.Array && example.GetArrayLength() > 0 && actual.GetArrayLength() > 0) AssertAlike(example[0], actual[0], where);
        if (example.ValueKind != JsonValueKind.Object || Varying.Contains(where.Split('.')[^1])) return;
        Assert.Equal(example.EnumerateObject().Select(member => member.Name), actual.EnumerateObject().Select(member => member.Name));
        foreach (var member in example.EnumerateObject()) AssertAlike(member.Value, actual.GetProperty(member.Name), where + "." + member.Name);
    }

    [RelayPlugin("ai_")]
    private sealed class FailingPlugin : IRelayPlugin
    {
        public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation) => throw new InvalidOperationException("planned");
    }
}

/// <summary>Looks whether a value is what a schema of the document says, as far as the document uses schemas.</summary>
internal sealed class SchemaCheck(JsonElement document)
{
    public void Assert(JsonElement value, JsonElement schema, string where = "$")
    {
        if (schema.ValueKind == JsonValueKind.True) return;
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var target = document;
            foreach (var step in reference.GetString()![2..].Split('/')) target = target.GetProperty(step);
            Assert(value, target, where);
            return;
        }

        if (schema.TryGetProperty("type", out var type))
        {
            var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()) : [type.GetString()];
            Xunit.Assert.True(types.Contains(TypeOf(value)) || (types.Contains("number") && TypeOf(value) == "integer"), $"{where} is no {type.GetRawText()}: {value.GetRawText()}");
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
            foreach (var item in value.EnumerateArray()) Assert(item, items, where + "[]");
        if (value.ValueKind != JsonValueKind.Object) return;
        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray()) Xunit.Assert.True(value.TryGetProperty(name.GetString()!, out _), $"{where} lacks {name}");
        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var known)) Assert(member.Value, known, $"{where}.{member.Name}");
            else if (schema.TryGetProperty("additionalProperties", out var others)) Assert(member.Value, others, $"{where}.{member.Name}");
            else Xunit.Assert.Fail($"{where}.{member.Name} is in no schema");
        }
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };
}
