using System.Security.Cryptography;
using Relay.Agent;
using Relay.Gateway.Auth;
using Relay.Gateway.Auth.Tokens;
using Relay.Tests.Gateway.Auth;
using Relay.Tests.Gateway.Settings;

namespace Relay.Tests.Agent;

/// <summary><c>relay-agent token</c>: what it makes the relay takes.</summary>
public sealed class TokenCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-token-");
    private readonly AgentRig _rig = new();

    public void Dispose()
    {
        _rig.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task WhatItMintsTheRelayTakes(string algorithm)
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (option, content) = algorithm switch
        {
            "HS256" => ("--secret-file", TokenMint.Secret + "\n"),
            "RS256" => ("--key-file", rsa.ExportPkcs8PrivateKeyPem()),
            _ => ("--key-file", ec.ExportPkcs8PrivateKeyPem()),
        };
        var key = algorithm switch { "HS256" => "secret: \"" + TokenMint.Secret + "\"", "RS256" => Pem(rsa.ExportSubjectPublicKeyInfoPem()), _ => Pem(ec.ExportSubjectPublicKeyInfoPem()) };
        var file = Path.Combine(_folder.FullName, "key");
        await File.WriteAllTextAsync(file, content);

        Assert.Equal(0, await RunAsync("token", "mint", "--issuer", "us", "--audience", "relay", "--sub", "alice", "--role", "user", "--role", "publisher", "--scope", "a", "--scope", "b", "--peer", "phone", "--claim", "org=acme", "--for", "15m", "--kid", "k1", option, file));
        var token = Out();

        await using var relay = await AuthRelay.StartAsync($"auth: {{ mode: token, issuer: us, audience: [relay], tenant_claim: org, keys: {{ k1: {{ {key} }} }} }}\ntenants: {{ acme: {{}} }}");
        var client = await relay.ConnectAsync("/ws?access_token=" + token);
        Assert.Equal("alice", (await client.ReceiveJsonAsync("welcome")).GetProperty("user_id").GetString());
        var outline = TokenOutline.Read(token)!;
        Assert.Equal((algorithm, "k1", "a b"), (outline.Algorithm, outline.KeyId, outline.Text("scope")));
        Assert.Equal(["user", "publisher"], outline.Texts("relay_roles"));
        Assert.Equal(["phone"], outline.Texts("peers"));
    }

    [Fact]
    public async Task AKeyItMakesIsTheOneOfTheHashItPrints()
    {
        Assert.Equal(0, await RunAsync("token", "key", "--name", "mine", "--role", "publisher"));
        var key = Out();
        Assert.True(ApiKeyHash.LooksLikeKey(key));
        var snippet = _rig.Error.ToString()!;
        var settings = Loading.SettingsOf("auth:\n" + snippet[snippet.IndexOf("  api_keys", StringComparison.Ordinal)..]);
        Assert.Equal(ApiKeyHash.Of(key), settings.Auth.ApiKeys["mine"].Hash);
        Assert.Equal([Roles.Publisher], settings.Auth.ApiKeys["mine"].Roles.AsEnumerable());
        Assert.DoesNotContain(key, snippet, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItShowsWhatATokenSays()
    {
        Assert.Equal(0, await RunAsync("token", "inspect", new TokenMint().Token("https://a.example", expires: -7200)));
        var shown = Out();
        Assert.Contains("\"sub\": \"alice\"", shown, StringComparison.Ordinal);
        Assert.Contains("holds until", shown, StringComparison.Ordinal);
        Assert.Contains("ago", shown, StringComparison.Ordinal);
        Assert.Contains("not verified", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect", "no token")]
    [InlineData("inspect", "a.b.c")]
    [InlineData("mint", "--issuer", "us", "--audience", "r")]
    [InlineData("mint", "--issuer", "us", "--audience", "r", "--for", "1y")]
    [InlineData("mint", "--issuer", "us", "--audience", "r", "--claim", "x")]
    [InlineData("mint", "--issuer", "us", "--audience", "r", "--key-file", "/nowhere/key.pem")]
    [InlineData("mint", "--audience", "r")]
    public async Task WhatIsMissingOrWrongIsSaid(params string[] args)
    {
        Assert.Equal((int)ExitCode.Usage, await RunAsync(["token", .. args]));
        Assert.NotEmpty(_rig.Error.ToString()!);
        Assert.Empty(Out());
    }

    [Fact]
    public async Task AWrongOptionIsToldWithTheWholeCommandToTry()
    {
        Assert.Equal((int)ExitCode.Usage, await RunAsync("token", "mint", "--audience", "r"));
        Assert.Contains("Try: relay-agent token mint --help", _rig.Error.ToString());
    }

    private static string Pem(string pem) => "public_key: " + System.Text.Json.JsonSerializer.Serialize(pem);

    private Task<int> RunAsync(params string[] args) => AgentCommands.RunAsync(args, _rig.Context(TimeProvider.System));

    private string Out() => _rig.Out.ToString()!.Trim();
}
