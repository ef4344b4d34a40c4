using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

/// <summary>What belongs to Relay.Silo alone.</summary>
public class ClusterSettingsTests
{
    private const string Refused = "cluster: belongs to Relay.Silo; this is Relay.Gateway, which runs alone";

    [Theory]
    [InlineData("cluster: { membership: redis, central_shards: 8 }")]
    [InlineData("cluster: { no_such_key: 1 }")]
    public void TheGatewayRefusesTheSectionOnce(string yaml) => Assert.Equal(["relay.yaml:1: " + Refused], Loading.FaultsOf(yaml));

    [Fact]
    public void TheGatewayRefusesItFromEverywhere()
    {
        Assert.Equal(["--cluster:id: " + Refused], new Loading { Args = ["--cluster:id=a"] }.Faults());
        Assert.Equal(["RELAY_CLUSTER__ID: " + Refused], new Loading { Environment = { ["RELAY_CLUSTER__ID"] = "a" } }.Faults());
        Assert.Equal(["--role: is an option of Relay.Silo"], new Loading { Args = ["--role", "all"] }.Faults());
    }

    [Theory]
    [InlineData("All")]
    [InlineData("All", "--role", "all")]
    [InlineData("Silo", "--role=silo")]
    [InlineData("Gateway", "--role", "gateway", "--server:port", "9000")]
    public void ASiloTakesARole(string role, params string[] args) => Assert.Equal(role, CommandLine.Parse(args, RelayProgram.Silo).Role.ToString());

    [Theory]
    [InlineData("--role: must be silo, gateway or all, not \"both\"", "--role", "both")]
    [InlineData("--role: needs a value", "--role")]
    [InlineData("--role: is given twice", "--role", "silo", "--role", "gateway")]
    [InlineData("--cluster:host: cluster.host: must be an IP address of this machine, not \"0.0.0.0\"", "--cluster:host=0.0.0.0")]
    [InlineData("--cluster:silo_port: cluster.silo_port: must be a whole number from 1 to 65535, not \"0\"", "--cluster:silo_port=0")]
    [InlineData("--cluster:id: cluster.id: must be 1 to 64 letters, digits, - and _, not \"a/b\"", "--cluster:id=a/b")]
    [InlineData("cluster.redis.connection_string: is needed while cluster.membership is redis", "--cluster:membership=redis")]
    [InlineData("--cluster:host: cluster.host: must be 127.0.0.1 while cluster.membership is localhost", "--cluster:host=10.0.0.7")]
    [InlineData("--cluster:gateway_port: cluster.gateway_port: 7000 is cluster.silo_port as well", "--cluster:gateway_port=7000", "--cluster:silo_port=7000")]
    [InlineData(
        "--cluster:primary_port: cluster.primary_port: is for cluster.membership localhost: with redis no silo is the first",
        "--cluster:membership=redis", "--cluster:redis:connection_string=redis-1", "--cluster:primary_port=11111")]
    public void FaultsAreNamed(string fault, params string[] args) => Assert.Equal([fault], Silo(args).Faults());

    [Fact]
    public void TheSilosOfAClusterShareOneStore()
    {
        var redis = new RelaySettings { Cluster = new() { Membership = ClusterMembership.Redis } };
        Assert.StartsWith("is needed", ClusterSettings.SharedStore.Fault(redis, _ => true));
        Assert.Null(ClusterSettings.SharedStore.Fault(new RelaySettings(), _ => true));
        Assert.Null(ClusterSettings.SharedStore.Fault(redis with { Storage = new() { Postgres = new() { ConnectionString = "Host=db" } } }, _ => true));
    }

    [Fact]
    public void TheConnectionStringIsNeverPrinted()
    {
        var settings = Silo("--cluster:membership=redis", "--cluster:redis:connection_string=redis-1,password=hush", "--cluster:host=10.0.0.7").Settings();
        Assert.Equal("redis-1,password=hush", settings.Cluster.Redis.ConnectionString);
        Assert.DoesNotContain("hush", settings.ToString());
        Assert.All(SettingsMap.All, each => Assert.DoesNotContain("hush", each.Show(settings)));
    }

    [Fact]
    public void HelpSpeaksOfTheExecutableThatWasAsked()
    {
        Assert.Contains("--role ROLE", HelpText.Write(RelayProgram.Silo));
        Assert.Contains("--cluster:membership", HelpText.Write(RelayProgram.Silo));
        Assert.DoesNotContain("cluster", HelpText.Write(RelayProgram.Gateway));
        Assert.DoesNotContain("--role", HelpText.Write(RelayProgram.Gateway));
    }

    private static Loading Silo(params string[] args) => new() { Args = args, Program = RelayProgram.Silo };
}
