using System.Net;
using System.Text.RegularExpressions;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Tests.Repository;

namespace Relay.Tests.Gateway.Auth;

/// <summary>
/// Nothing of tenant A is reachable with B's credentials: every address and every operation of the API, asked for with every credential of B, for A's things by their
/// right names. A new address or operation without a case here fails.
/// </summary>
public partial class EnumerationTests(AuthRelay server) : IClassFixture<AuthRelay>
{
    // The addresses that the path middleware serves, by the segments it matches them with. Those that need no identity stand in Open.
    private static readonly Dictionary<string, string[]> Addresses = new()
    {
        ["\"ws\""] = ["/ws"],
        ["tunnels"] = ["/tunnel"],
        ["\"introduction\", var peer"] = ["/introduction/alice"],
        ["\"connection\", var local, var remote, var document"] = ["/connection/alice/bob/doc"],
        ["\"nodes\""] = ["/nodes"],
        ["\"v1\", _, .."] =
        [
            "POST /v1/chat/completions", "POST /v1/completions", "POST /v1/embeddings", "GET /v1/models", "GET /v1/models/m", "GET /v1/streams/s", "DELETE /v1/streams/s",
        ],
        ["\"api\", \"v1\", .."] = [.. ApiTable.All.Select(static one => $"{one.Method} {Filled(one)}")],
        ["\"rooms\", var room"] = ["/rooms/lobby"],
        ["\"\""] = ["/"],
    };

    private static readonly string[] Open = ["/", "/console/main.js", "/healthz/live", "/healthz/ready"];

    private static IEnumerable<string> CredentialsOf(TokenMint mint, string tenant) =>
    [
        mint.Token($"https://{tenant}.example"),
        mint.Token($"https://{tenant}.example", claims: ",\"relay_roles\":[\"user\",\"node\",\"tunnel\",\"publisher\",\"operator\"]"),
        .. ((string[])["backend", "second", "admin", "node", "tunnel", "robot"]).Select(name => AuthRelay.Key($"{tenant} {name}")),
    ];

    [Fact]
    public async Task NothingOfATenantIsReachableWithAnothersCredentials()
    {
        var credentials = CredentialsOf(server.B, "b").ToList();
        foreach (var target in Addresses.Values.SelectMany(static all => all))
        {
            foreach (var credential in credentials)
            {
                Assert.Equal((target, 403), (target, await StatusAsync("/t/a", target, credential)));
                Assert.Equal((target, 403), (target, await StatusAsync("/t/%61", target, credential)));
                Assert.Equal((target, 403), (target, await StatusAsync("/t/nobody", target, credential)));
            }

            Assert.Equal((target, 401), (target, await StatusAsync("/t/a", target, null)));
            Assert.Equal((target, 401), (target, await StatusAsync("", target, null)));
        }
    }

    [Fact]
    public async Task WithItsOwnCredentialsEachIsReachable()
    {
        // Without this the test above would also be green where everything is closed to everybody.
        var credential = server.A.Token("https://a.example", claims: ",\"relay_roles\":[\"user\",\"node\",\"tunnel\",\"publisher\",\"operator\"]");
        foreach (var target in Addresses.Values.SelectMany(static all => all).Where(static target => !target.Contains("/api/v1/tenants", StringComparison.Ordinal)))
            Assert.DoesNotContain(await StatusAsync("/t/a", target, credential), (int[])[401, 403]);
    }

    [Fact]
    public async Task WhatIsOpenToAllSaysNothingOfTenants()
    {
        foreach (var target in Open) Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(null, target));
    }

    [Fact]
    public void EveryAddressHasACase()
    {
        var middleware = SourceTree.Read("Relay.Gateway/Endpoints/PathMiddleware.cs");
        var served = Patterns().Matches(middleware).Select(static match => match.Groups[1].Value).Append("tunnels").Distinct().Order().ToList();
        Assert.Equal(served, Addresses.Keys.Order());

        // What routing serves beside: the console and the health of the process, which are open.
        var routed = SourceTree.CSharp("Relay.Gateway").Select(SourceTree.Read).SelectMany(static text => Routes().Matches(text)).Select(static match => match.Groups[1].Value).Distinct().Order();
        Assert.Equal(["/", "/console/", "/healthz/live", "/healthz/ready"], routed);
    }

    [Fact]
    public void EveryOperationOfTheModelApiHasACase()
    {
        var endpoint = SourceTree.Read("Relay.Gateway/Nodes/OpenAiEndpoint.cs");
        Assert.Equal(
            ["chat/completions", "completions", "embeddings", "models", "models/_", "streams/_"],
            Calls().Matches(endpoint).Select(static match => match.Groups[1].Value.Replace("\", \"", "/", StringComparison.Ordinal)
                .Replace("\", _, ..", "/_", StringComparison.Ordinal).Replace("\", var id", "/_", StringComparison.Ordinal).Trim('"')).Order());
    }

    [Fact]
    public void EveryAccessHasARoleAndOnlyTheRelaysOperatorAdministers()
    {
        foreach (var access in Enum.GetValues<Access>())
        {
            Assert.NotEqual(Roles.None, RoleTable.For(access));
            if (access is Access.Operate or Access.Administer) Assert.Equal(Roles.None, RoleTable.For(access) & (Roles.User | Roles.Node | Roles.Tunnel | Roles.Publisher));
        }

        Assert.Equal(Roles.RelayOperator, RoleTable.For(Access.Administer));
        Assert.DoesNotContain(RoleTable.Names, static each => each.Role == Roles.RelayOperator);
    }

    private async Task<int> StatusAsync(string prefix, string target, string? credential)
    {
        var parts = target.Split(' ');
        if (parts.Length == 2) return (int)(await server.AskAsync(credential, prefix + parts[1], parts[0])).Status;
        (string, string)[] headers = target == "/nodes" ? [("Sec-WebSocket-Protocol", "relay.node.v1")] : [];
        await using var client = await server.Relay.TryConnectAsync(prefix + target, credential is null ? headers : [.. headers, ("Authorization", "Bearer " + credential)]);
        return client.Status;
    }

    // A name that tenant A could have for each id.
    private static string Filled(ApiOperation operation) => Ids().Replace(operation.Path, static match => match.Groups[1].Value == "user" ? "alice" : match.Groups[1].Value);

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Ids();

    [GeneratedRegex(@"path\.Segments is \[([^\]]*)\]")]
    private static partial Regex Patterns();

    [GeneratedRegex(@"\.Map(?:Get|Post|Put|Delete|Methods)\(\s*""([^""]*)""")]
    private static partial Regex Routes();

    [GeneratedRegex(@"\[""v1"", ""([^\]]*)\]")]
    private static partial Regex Calls();
}
