using System.Net;
using System.Text.Json;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Api;

/// <summary>Each list of the API serves the tenants that there are, and no suspended one.</summary>
public sealed class TenantsOfTheApiTests
{
    [Theory]
    [InlineData("/api/v1/hubs")]
    [InlineData("/api/v1/rooms")]
    [InlineData("/api/v1/nodes")]
    public async Task OnlyATenantThatIsServedIsShown(string list)
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with
        {
            Tenants = settings.Tenants.Add("away", new RelayTenantOptions { Suspended = true }),
        });
        using var http = new HttpClient { BaseAddress = relay.Url };
        foreach (var (tenant, status, error) in new[] { ("away", HttpStatusCode.Forbidden, "tenant_suspended"), ("nobody", HttpStatusCode.NotFound, "unknown_tenant") })
        {
            using var refused = await http.GetAsync($"/t/{tenant}{list}");
            Assert.Equal(status, refused.StatusCode);
            using var body = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
            Assert.Equal(error, body.RootElement.GetProperty("error").GetString());
        }

        using var served = await http.GetAsync("/t/default" + list);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }
}
