using System.Text;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class YamlTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("server:\nhub: {}\ntenants: {}\n")]
    [InlineData("\ufeffserver: { port: 8080 }")]
    public void EmptyFilesAndSectionsAreFine(string yaml) => Assert.Equal(8080, Loading.SettingsOf(yaml).Server.Port);

    [Theory]
    [InlineData("server:\n\tport: 1", "relay.yaml:2")]
    [InlineData("server: { port: 1\n", "relay.yaml:2")]
    [InlineData("server:\n  port: 1\n\thost: x", "relay.yaml:3")]
    [InlineData("server:\n  port: 1\n host: x", "relay.yaml:3")]
    [InlineData("server: @", "relay.yaml:1")]
    [InlineData("- server", "the settings must be a map", false)]
    [InlineData("5", "the settings must be a map", false)]
    [InlineData("server: { port: 1 }\n---\nhub: {}", "a second document", false)]
    [InlineData("? [a]\n: 1", "a key must be plain text", false)]
    [InlineData("server: { allowed_origins: [[a]] }", "a list may hold plain values only", false)]
    [InlineData("server: !!map { port: 1 }", "tags are not supported", false)]
    [InlineData("server: { port: \"\0\" }", "NUL", false)]
    public void WhatIsNotAMapOfSettingsIsRefusedWithItsPlace(string yaml, string says, bool syntax = true)
    {
        var fault = Assert.Single(Loading.FaultsOf(yaml));
        Assert.StartsWith("relay.yaml:", fault);
        Assert.Contains(says, fault);
        Assert.Equal(syntax, fault.Contains("is not valid YAML"));
    }

    [Fact]
    public void DuplicateKeysAreFaultsWithBothLines() => Assert.Equal(
        [
            "relay.yaml:3: hub.queue_bytes: duplicate key, first on line 2",
            "relay.yaml:4: hub: duplicate key, first on line 1",
        ],
        Loading.FaultsOf("hub:\n  queue_bytes: 5\n  queue_bytes: 6\nhub: { queue_bytes: 7 }"));

    [Theory]
    [InlineData("hub: []", "hub: must be a map of settings")]
    [InlineData("hub: 5", "hub: must be a map of settings")]
    [InlineData("plugins: { session: true }", "plugins.session: must be a map of settings")]
    [InlineData("server: { port: { a: 1 } }", "server.port.a: unknown key: server.port is one value, not a map")]
    [InlineData("server: { allowed_origins: a }", "server.allowed_origins: must be a list")]
    [InlineData("hub.queue_bytes: 5", "hub.queue_bytes: unknown key: keys nest, write hub: and queue_bytes under it")]
    [InlineData("Hub: { queue_bytes: 5 }", "Hub.queue_bytes: unknown key (is it hub.queue_bytes?)")]
    [InlineData("plugins: { handler_timeuot: 5s }", "plugins.handler_timeuot: unknown key (is it plugins.handler_timeout?)")]
    [InlineData("hub: { shards: 4 }", "hub.shards: unknown key")]
    [InlineData("colour: red", "colour: unknown key")]
    public void AValueInTheWrongPlaceIsNamedByItsKey(string yaml, string fault) =>
        Assert.StartsWith("relay.yaml:1: " + fault, Assert.Single(Loading.FaultsOf(yaml)));

    [Fact]
    public void AliasesAreRefusedSoNothingExpands()
    {
        var bomb = new StringBuilder("a: &a0 [x]\n");
        for (var i = 1; i < 40; i++)
            bomb.Append($"a{i}: &a{i} {{ b: *a{i - 1}, c: *a{i - 1} }}\n");
        var faults = Loading.FaultsOf(bomb.ToString());
        Assert.Contains(faults, each => each == "relay.yaml:2: a1.b: aliases are not supported");
        Assert.InRange(faults.Length, 2, FaultList.Limit + 1);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("? ")]
    [InlineData("- ")]
    public void DepthIsBounded(string level)
    {
        var yaml = "plugins:\n  weather: " + string.Concat(Enumerable.Repeat(level, 200_000));
        Assert.NotEmpty(Loading.FaultsOf(yaml));
    }

    [Fact]
    public void FaultsBeyondTheBoundAreCounted()
    {
        var faults = Loading.FaultsOf(string.Concat(Enumerable.Range(0, 5000).Select(i => $"k{i}: 1\n")));
        Assert.Equal(FaultList.Limit + 1, faults.Length);
        Assert.Equal("and 4900 more", faults[^1]);
    }
}
