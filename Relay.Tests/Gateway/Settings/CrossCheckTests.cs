namespace Relay.Tests.Gateway.Settings;

public class CrossCheckTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("*")]
    [InlineData("::")]
    [InlineData("192.168.1.5")]
    public void AuthNoneIsRefusedBeyondLoopback(string host)
    {
        var loading = new Loading { Args = ["--server:host", host] };
        var fault = Assert.Single(loading.Faults());
        Assert.StartsWith("auth.mode: none is refused while server.host is " + host, fault);
        Assert.Equal(host, (loading with { Yaml = "auth: { insecure: true }" }).Settings().Server.Host);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("localhost")]
    public void AuthNoneIsFineOnLoopback(string host) =>
        Assert.Equal(host, new Loading { Args = ["--server:host", host] }.Settings().Server.Host);

    [Theory]
    [InlineData("", "", "r", true)]
    [InlineData("org", "", "r", true)]
    [InlineData("org", "org", "r", false)]
    [InlineData("", "", "other", false)]
    public void ATokenSaysWhoseItIsWhereTenantsShareAnIssuer(string claim, string otherClaim, string otherAudience, bool isRefused)
    {
        var yaml = $"tenants:\n  a: {{ auth: {{ issuer: us, audience: [r, r2], tenant_claim: \"{claim}\" }} }}\n  b: {{ auth: {{ issuer: us, audience: [{otherAudience}], tenant_claim: \"{otherClaim}\" }} }}";
        if (!isRefused) Assert.Equal(2, Loading.SettingsOf(yaml).Tenants.Count);
        else Assert.StartsWith("relay.yaml:3: tenants.b.auth.tenant_claim: is needed, for the tenant \"a\" as well: both have the issuer \"us\" and the audience \"r\"", Assert.Single(Loading.FaultsOf(yaml)));
    }

    [Fact]
    public void TenantsThatHaveTheRelaysIssuerNeedTheClaimToo() => Assert.Contains(
        "tenants.b.auth.tenant_claim: is needed", Assert.Single(Loading.FaultsOf("auth: { mode: token, issuer: us, audience: [r] }\ntenants: { a: {}, b: {} }")));

    [Fact]
    public void AnAnswerFitsTheOutbox() => Assert.Equal(
        ["relay.yaml:3: hub.outbox_bytes: must be at least hub.max_message_bytes (70000), not 65000: an answer has to fit"],
        Loading.FaultsOf("hub:\n  max_message_bytes: 70000\n  outbox_bytes: 65000"));

    [Fact]
    public void AFaultyKeyIsNotCrossChecked() => Assert.StartsWith(
        "relay.yaml:1: hub.max_message_bytes",
        Assert.Single(Loading.FaultsOf("hub: { max_message_bytes: x, outbox_bytes: 2000 }")));

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("localhost", "127.0.0.1", true)]
    [InlineData("*", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    public void MetricsHaveAPortOfTheirOwn(string server, string metrics, bool overlap)
    {
        var loading = new Loading
        {
            Args = ["--server:host", server, "--metrics:host", metrics, "--server:port", "7000", "--metrics:port", "7000", "--auth:insecure", "true"],
        };
        if (overlap)
            Assert.Equal(["--metrics:port: metrics.port: 7000 is server.port as well"], loading.Faults());
        else
            Assert.Equal(7000, loading.Settings().Metrics.Port);
    }

    [Fact]
    public void ARelayHasOneStore() => Assert.Equal(
        ["relay.yaml:1: storage.postgres.connection_string: storage.sqlite.path is set as well: a relay has one store"],
        Loading.FaultsOf("storage: { postgres: { connection_string: Host=db }, sqlite: { path: other.db } }"));

    [Theory]
    [InlineData("hush", "is no list")]
    [InlineData("postgres://relay:hush@db/relay?sslmode=require", "is no list")]
    [InlineData("Host=db;Pasword=hush", "is no list")]
    [InlineData("Host=db;Port=hush", "is no list")]
    [InlineData("Host=db;Port=99999999999;Password=hush", "is no list")]
    [InlineData("Password=hush", "names no Host")]
    public void AConnectionStringIsCheckedAndNotQuoted(string text, string says)
    {
        var fault = Assert.Single(Loading.FaultsOf($"storage: {{ postgres: {{ connection_string: '{text}' }} }}"));
        Assert.StartsWith("relay.yaml:1: storage.postgres.connection_string: " + says, fault);
        Assert.DoesNotContain("hush", fault);
    }

    [Fact]
    public void BothPortsMayBeAnyFreeOne() =>
        Assert.Equal(0, Loading.SettingsOf("{ server: { port: 0 }, metrics: { port: 0 } }").Metrics.Port);

    [Fact]
    public void OnlyTheDefaultPluginFolderMayBeMissing()
    {
        Assert.Equal("plugins", Loading.SettingsOf("plugins: { directory: plugins }").Plugins.Directory);
        var loading = new Loading { Yaml = "plugins: { directory: more }" };
        Assert.Equal(["relay.yaml:1: plugins.directory: there is no folder \"more\""], loading.Faults());
        Assert.Equal("more", (loading with { Folders = ["more"] }).Settings().Plugins.Directory);
    }

    [Fact]
    public void ALogFileNeedsItsFolder()
    {
        var loading = new Loading { Yaml = "logging: { output: /var/log/relay/relay.log }" };
        Assert.Equal(["relay.yaml:1: logging.output: there is no folder \"/var/log/relay\""], loading.Faults());
        Assert.True((loading with { Folders = ["/var/log/relay"] }).Settings().Logging.ToFile);
        Assert.Contains("is a folder", Assert.Single((loading with { Folders = ["/var/log/relay", "/var/log/relay/relay.log"] }).Faults()));
    }

    [Fact]
    public void EveryFaultIsReportedAtOnceWithItsSource() => Assert.Equal(
        [
            "--port: unknown option (--help lists them)",
            "relay.yaml:2: server.port: must be a whole number from 0 to 65535, not \"70000\"",
            "relay.yaml:3: tunel: unknown key",
            "RELAY_HUB__QUEUE: hub.queue: unknown key",
            "--logging:level: logging.level: must be trace, debug, info, warn, error or none, not \"loud\"",
            "auth.mode: none is refused",
        ],
        new Loading
        {
            Yaml = "server:\n  port: 70000\ntunel: 1",
            Environment = new() { ["RELAY_HUB__QUEUE"] = "1" },
            Args = ["--port", "9000", "--logging:level", "loud", "--server:host", "0.0.0.0"],
        }.Faults().Select(fault => fault.Split(" while ")[0]));
}
