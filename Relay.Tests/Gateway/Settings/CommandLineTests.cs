using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class CommandLineTests
{
    [Theory]
    [InlineData(nameof(CommandKind.Run))]
    [InlineData(nameof(CommandKind.Check), "--check-config", "--config-file", "x")]
    [InlineData(nameof(CommandKind.Help), "--check-config", "--help", "--nonsense")]
    [InlineData(nameof(CommandKind.Version), "--version")]
    public void TheCommandIsChosen(string kind, params string[] args) => Assert.Equal(kind, CommandLine.Parse(args).Kind.ToString());

    [Theory]
    [InlineData("--port: unknown option (--help lists them)", "--port", "9000")]
    [InlineData("--server.port: unknown option (--help lists them)", "--server.port=9000")]
    [InlineData("--: unknown option (--help lists them)", "--")]
    [InlineData("--server:port: needs a value", "--server:port")]
    [InlineData("--server:port: needs a value", "--server:port", "--check-config")]
    [InlineData("--config-file: needs a value", "--config-file")]
    [InlineData("--config-file: is given twice", "--config-file=a", "--config-file", "b")]
    [InlineData("unexpected argument \"relay.yaml\"", "relay.yaml")]
    [InlineData("unexpected argument \"-p\"", "-p")]
    public void FaultyArgumentsAreNamed(string fault, params string[] args) =>
        Assert.Equal([fault], CommandLine.Parse(args).Faults.Select(each => each.ToString()));

    [Theory]
    [InlineData("--server:hots: server.hots: unknown key (is it server.host?)", "--server:hots", "x")]
    [InlineData("--server:: server.: unknown key", "--server:", "x")]
    [InlineData("--server:port: server.port: is given twice (first: --server:port)", "--server:port=1", "--server:port=2")]
    [InlineData("--server:port: server.port: must be a whole number from 0 to 65535, not \"-1\"", "--server:port", "-1")]
    public void FaultyOptionsAreNamed(string fault, params string[] args) =>
        Assert.Equal([fault], new Loading { Args = args }.Faults());

    [Fact]
    public void AValueMayHoldEqualsSignsAndBeEmpty()
    {
        var upstream = new Loading { Args = ["--plugins:ai:upstream:api_key=a=b", "--plugins:ai:upstream:model="] }.Settings().Plugins.Ai.Upstream;
        Assert.Equal(("a=b", ""), (upstream.ApiKey, upstream.Model));
    }

    [Fact]
    public void AnUnknownOptionDoesNotShowItsValue() =>
        Assert.DoesNotContain("hush", string.Concat(new Loading { Args = ["--api-key=hush", "--api-key", "hush"] }.Faults()));
}
