using System.Net.Http.Json;
using System.Text.Json;
using Relay.Gateway.Api;
using Relay.Gateway.Hosting;
using Relay.Tests.Repository;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Api;

/// <summary>The OpenAPI document, and the page of the documentation.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task TheDocumentHasEveryOperationThatIsServedAndNoOther()
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Rooms = new RelayRoomsOptions { Enabled = false } });
        using var http = new HttpClient { BaseAddress = relay.Url };
        var document = await http.GetFromJsonAsync<JsonElement>("/api/v1/openapi.json");
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        var told = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(ApiTable.All.Where(operation => !operation.Path.Contains("/rooms")).Select(operation => $"{operation.Method} {operation.Path}").Order(), told.Order());
        Assert.DoesNotContain("\"$ref\":\"#/properties", document.GetRawText());
    }

    [Fact]
    public async Task EveryReferenceLeadsToASchema()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var document = await http.GetFromJsonAsync<JsonElement>("/api/v1/openapi.json");
        var schemas = document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name).ToHashSet();
        var references = System.Text.RegularExpressions.Regex.Matches(document.GetRawText(), "#/components/schemas/([A-Za-z]+)").Select(match => match.Groups[1].Value).ToHashSet();
        Assert.Equal(schemas.Order(), references.Order());
    }

    [Fact]
    public void ThePageHasEveryOperationWithItsAccessAndEveryFault()
    {
        var page = SourceTree.Read("docs/api.md");
        foreach (var operation in ApiTable.All)
        {
            Assert.Contains($"| `{operation.Method} {operation.Path}` | {operation.Access.ToString().ToLowerInvariant()} | {operation.Summary} |", page);
            Assert.All(ApiFaults.Of(operation), fault => Assert.Contains($"| {fault.Status} | `{(fault.Error.StartsWith("bad_") && operation.Ids.Contains(fault.Error[4..]) ? "bad_{name}" : fault.Error)}` |", page));
        }
    }
}
