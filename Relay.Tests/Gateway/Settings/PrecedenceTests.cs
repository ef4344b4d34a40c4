using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class PrecedenceTests
{
    private const string File = "server: { port: 1111 }";

    private static readonly Dictionary<string, string> Variables = new() { ["RELAY_SERVER__PORT"] = "2222" };

    [Fact]
    public void NothingGivenGivesTheDefaults()
    {
        var settings = new Loading().Settings();
        Assert.All(SettingsMap.All, each => Assert.Equal(each.Show(Loading.Defaults), each.Show(settings)));
    }

    [Fact]
    public void FileWinsOverDefault() => Assert.Equal(1111, Loading.SettingsOf(File).Server.Port);

    [Fact]
    public void EnvironmentWinsOverFile() =>
        Assert.Equal(2222, new Loading { Yaml = File, Environment = Variables }.Settings().Server.Port);

    [Theory]
    [InlineData("--server:port", "3333")]
    [InlineData("--server:port=3333")]
    public void OptionWinsOverEnvironment(params string[] args) =>
        Assert.Equal(3333, new Loading { Yaml = File, Environment = Variables, Args = args }.Settings().Server.Port);

    [Fact]
    public void SourcesAreMergedKeyByKey()
    {
        var settings = new Loading
        {
            Yaml = "hub: { queue_bytes: 1000 }",
            Environment = new() { ["RELAY_HUB__CLOSE_TIMEOUT"] = "7s" },
            Args = ["--hub:queue_multiplier", "9"],
        }.Settings();
        Assert.Equal((1000, TimeSpan.FromSeconds(7), 9), (settings.Hub.QueueBytes, settings.Hub.CloseTimeout, settings.Hub.QueueMultiplier));
        Assert.Equal(Loading.Defaults.Hub.OutboxBytes, settings.Hub.OutboxBytes);
    }

    [Fact]
    public void AFaultyValueIsReportedEvenWhereAnotherWins()
    {
        var faults = new Loading { Yaml = "server: { port: x }", Environment = Variables }.Faults();
        Assert.StartsWith("relay.yaml:1: server.port: ", Assert.Single(faults));
    }

    [Fact]
    public void CrossChecksLookAtTheValuesThatWon()
    {
        var loading = new Loading { Yaml = "server: { host: 0.0.0.0 }" };
        Assert.Contains("auth.mode", Assert.Single(loading.Faults()));
        Assert.True((loading with { Args = ["--auth:insecure", "true"] }).Settings().Auth.Insecure);
    }
}
