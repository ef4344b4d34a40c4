namespace Relay.Tests.Gateway.Settings;

public class EnvironmentTests
{
    [Fact]
    public void WhatKubernetesSetsForAServiceNamedRelayIsIgnored()
    {
        var settings = new Loading
        {
            Environment = new()
            {
                ["RELAY_PORT"] = "tcp://10.0.0.1:80",
                ["RELAY_SERVICE_HOST"] = "10.0.0.1",
                ["RELAY_SERVICE_PORT"] = "80",
                ["RELAY_PORT_8080_TCP"] = "tcp://10.0.0.1:8080",
                ["RELAY_PORT_8080_TCP_ADDR"] = "10.0.0.1",
                ["RELAY__BLUE_SERVICE_HOST"] = "10.0.0.2",
            },
        }.Settings();
        Assert.Equal(("127.0.0.1", 8080), (settings.Server.Host, settings.Server.Port));
    }

    [Theory]
    [InlineData("RELAY_PACKAGE_SOURCE")]
    [InlineData("relay_server__port")]
    [InlineData("MY_RELAY_SERVER__PORT")]
    [InlineData("ASPNETCORE_URLS")]
    public void OtherVariablesAreIgnored(string name) =>
        Assert.Equal(8080, new Loading { Environment = new() { [name] = "1" } }.Settings().Server.Port);

    [Theory]
    [InlineData("RELAY_SERVER__HOTS", "server.hots", "server.host")]
    [InlineData("RELAY_SERVER__", "server.", "unknown key")]
    [InlineData("RELAY_HUB__QUEUE_BYTES__X", "hub.queue_bytes.x", "hub.queue_bytes is one value")]
    public void AnUnknownKeyNamesItsVariable(string name, string key, string says)
    {
        var fault = Assert.Single(new Loading { Environment = new() { [name] = "1" } }.Faults());
        Assert.StartsWith($"{name}: {key}: ", fault);
        Assert.Contains(says, fault);
    }

    [Fact]
    public void TwoVariablesForOneKeyAreAFault()
    {
        var fault = Assert.Single(new Loading
        {
            Environment = new() { ["RELAY_SERVER__PORT"] = "1", ["RELAY_server__port"] = "2" },
        }.Faults());
        Assert.Contains("server.port: is given twice", fault);
        Assert.Contains("RELAY_SERVER__PORT", fault);
        Assert.Contains("RELAY_server__port", fault);
    }

    [Fact]
    public void ListsAreWrittenWithCommas() => Assert.Equal(
        "https://a.example and https://b.example",
        string.Join(" and ", new Loading { Environment = new() { ["RELAY_SERVER__ALLOWED_ORIGINS"] = "https://a.example, https://b.example" } }
            .Settings().Server.AllowedOrigins));

    [Fact]
    public void NamedMapsAreReached()
    {
        var settings = new Loading
        {
            Environment = new()
            {
                ["RELAY_TENANTS__ACME__SUSPENDED"] = "true",
                ["RELAY_PLUGINS__WEATHER__API__URL"] = "http://x",
            },
        }.Settings();
        Assert.True(Assert.Single(settings.Tenants, each => each.Key == "acme").Value.Suspended);
        Assert.Equal("http://x", settings.Plugins.Custom["weather"]["api.url"]);
    }
}
