using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Plugins;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Auth;

/// <summary>
/// A relay with <c>auth.mode: token</c> and the tenants <c>a</c> and <c>b</c>, each with an issuer, keys and API keys of its own, from a settings file as an operator
/// would write it; as a fixture, one for a whole class.
/// </summary>
public sealed class AuthRelay : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new();
    private RelayServer? _relay;

    internal TokenMint A { get; } = new();

    internal TokenMint B { get; } = new();

    internal RelayServer Relay => _relay ?? throw new InvalidOperationException("Not started yet.");

    /// <summary>API keys by the name that the settings have for them.</summary>
    internal static string Key(string name) => "relay_" + Letters(name, 8) + "_" + Letters(name + " secret", 43);

    /// <summary>As it stands in the settings.</summary>
    internal static string Hash(string name) =>
        $"{Key(name)[..14]}:{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Key(name))))}";

    /// <summary>The settings file.</summary>
    internal string Settings => $$"""
        auth:
          mode: token
          operators: { root: { hash: "{{Hash("root")}}" } }
        plugins: { echo: { enabled: true } }
        tenants:
          a: { auth: {{Auth("a", A)}} }
          b: { auth: {{Auth("b", B)}} }
        """;

    public async Task InitializeAsync() => _relay = await StartAsync(Settings);

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await Relay.DisposeAsync();
    }

    /// <summary>A relay with these settings.</summary>
    internal static Task<RelayServer> StartAsync(string yaml, TimeProvider? time = null)
    {
        var read = Loading.SettingsOf(yaml);
        return RelayServer.StartAsync(
            // A test that moves the clock by minutes is not to find its silent clients dead.
            settings => settings with { Server = settings.Server with { PingInterval = TimeSpan.FromHours(1) }, Auth = read.Auth, Tenants = read.Tenants, Plugins = settings.Plugins with { Echo = new() { Enabled = true } } },
            services => services.AddSingleton(new Probe()).AddRelayPlugin<ProbePlugin>().AddRelayPlugin<VaultPlugin>(),
            time);
    }

    /// <summary>What a tenant's part of the settings says of who is trusted.</summary>
    internal static string Auth(string tenant, TokenMint mint) => $$"""
        {
          issuer: "https://{{tenant}}.example",
          audience: [relay],
          keys: {
            RS256: { public_key: {{Quote(mint.RsaPem)}} },
            ES256: { public_key: {{Quote(mint.EcPem)}} },
            HS256: { secret: "{{TokenMint.Secret}}" }
          },
          api_keys: {
            backend: { hash: "{{Hash(tenant + " backend")}}", roles: [publisher] },
            second: { hash: "{{Hash(tenant + " second")}}", roles: [publisher] },
            admin: { hash: "{{Hash(tenant + " admin")}}", roles: [operator] },
            node: { hash: "{{Hash(tenant + " node")}}", roles: [node] },
            tunnel: { hash: "{{Hash(tenant + " tunnel")}}", roles: [tunnel], user_id: tunneller },
            robot: { hash: "{{Hash(tenant + " robot")}}", roles: [user], user_id: robot, scopes: [vault] },
            past: { hash: "{{Hash(tenant + " past")}}", roles: [publisher], expires: 2020-01-01T00:00:00Z }
          }
        }
        """.ReplaceLineEndings(" ");

    /// <summary>Asks with a credential, and gives the status and the answer's <c>error</c>.</summary>
    internal async Task<(HttpStatusCode Status, string? Error)> AskAsync(string? credential, string target = "/api/v1/users", string method = "GET", RelayServer? relay = null)
    {
        using var request = new HttpRequestMessage(new(method), new Uri((relay ?? Relay).Url, target));
        if (credential is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        if (method is "POST" or "PUT") request.Content = new StringContent("{\"type\":\"hello\"}");
        using var response = await _http.SendAsync(request).WaitAsync(Bound);
        return (response.StatusCode, ErrorOf(await response.Content.ReadAsStringAsync()));
    }

    // Of both surfaces: a text, or an object with a code.
    private static string? ErrorOf(string body)
    {
        if (!body.StartsWith('{')) return null;
        using var json = JsonDocument.Parse(body);
        if (!json.RootElement.TryGetProperty("error", out var error)) return null;
        return error.ValueKind == JsonValueKind.String ? error.GetString() : error.GetProperty("code").GetString();
    }

    private static string Quote(string pem) => JsonSerializer.Serialize(pem);

    private static string Letters(string seed, int count) =>
        new([.. Convert.ToHexStringLower(SHA512.HashData(System.Text.Encoding.UTF8.GetBytes(seed))).Take(count)]);
}
