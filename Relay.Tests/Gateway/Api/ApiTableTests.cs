using System.Net;
using Relay.Gateway.Api;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Api;

/// <summary>The table of operations, from which routing, access, the OpenAPI document and tests come.</summary>
public sealed class ApiTableTests
{
    [Fact]
    public void EveryOperationHasANameAndAnAddressOfItsOwn()
    {
        Assert.Equal(ApiTable.All.Count, ApiTable.All.Select(operation => operation.Id).Distinct().Count());
        Assert.Equal(ApiTable.All.Count, ApiTable.All.Select(operation => (operation.Method, operation.Path)).Distinct().Count());
        Assert.All(ApiTable.All, operation => Assert.StartsWith("/api/v1/", operation.Path));
        Assert.All(ApiTable.All, operation => Assert.EndsWith(".", operation.Summary));
    }

    [Fact]
    public async Task AnAddressNamesItsMethodsAndWhatIsNotServedIsNotThere()
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Rooms = new RelayRoomsOptions { Enabled = false } });
        using var http = new HttpClient { BaseAddress = relay.Url };
        using var wrong = await http.PutAsync("/api/v1/nodes/a/drain", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        Assert.Equal(["DELETE", "POST"], wrong.Content.Headers.Allow.Order());
        Assert.Contains("method_not_allowed", await wrong.Content.ReadAsStringAsync());
        foreach (var address in new[] { "/api/v1/rooms", "/api/v1/rooms/a/members", "/api/v1/nothing", "/api/v1", "/api/v1/hubs/" })
        {
            using var nothing = await http.GetAsync(address);
            Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
            Assert.Contains("not_found", await nothing.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task AForeignPageIsRefusedBeforeAnything()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        foreach (var operation in ApiTable.All)
        {
            var address = string.Join('/', operation.Template.Select(segment => segment.StartsWith('{') ? "x" : segment));
            using var request = new HttpRequestMessage(new(operation.Method), "/" + address);
            request.Headers.Add("Origin", "https://evil.example");
            using var refused = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("origin_not_allowed", await refused.Content.ReadAsStringAsync());
        }
    }
}
