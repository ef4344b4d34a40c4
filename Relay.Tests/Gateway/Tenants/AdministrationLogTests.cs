using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Who has changed a tenant by the API is in the log.</summary>
public sealed class AdministrationLogTests
{
    private const int Administered = 1702;

    [Fact]
    public async Task EachChangeNamesItsKeyAndWhatCameOfItAndReadingIsNone()
    {
        var key = ApiKeyHash.NewKey();
        var logged = new RecordedEvents();
        await using var relay = await RelayServer.StartAsync(
            settings => settings with
            {
                Logging = new() { Level = LogLevel.Information },
                Auth = new()
                {
                    Mode = AuthMode.Token,
                    Operators = settings.Auth.Operators.Add("night shift", new() { Hash = ApiKeyHash.Of(key) }),
                },
            },
            services => services.AddSingleton<ILoggerProvider>(logged));
        using var http = new HttpClient { BaseAddress = relay.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);

        await SendAsync(http, HttpMethod.Put, "/api/v1/tenants/acme", """{"suspended":true}""");
        await SendAsync(http, HttpMethod.Get, "/api/v1/tenants/acme");
        await SendAsync(http, HttpMethod.Delete, "/api/v1/tenants/other");
        Assert.Equal(
            ["putTenant of acme was answered 200; asked by night shift", "deleteTenant of other was answered 404; asked by night shift"],
            logged.Of(Administered));
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        (await http.SendAsync(request)).Dispose();
    }
}
