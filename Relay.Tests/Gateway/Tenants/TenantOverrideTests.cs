using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Settings;

namespace Relay.Tests.Gateway.Tenants;

/// <summary><c>tenants.NAME.KEY</c>: any setting that may differ by tenant, by the setting's own row.</summary>
public class TenantOverrideTests
{
    [Fact]
    public void ATenantHasItsOwnValueAndOthersTheRelays()
    {
        var directory = new TenantDirectory(Loading.SettingsOf(
            "server: { allowed_origins: [https://all.example] }\ntenants:\n  a: { server: { allowed_origins: [https://a.example] } }\n  b: {}"));
        Assert.Equal(["https://a.example"], directory.Find(new("a"))!.Settings.Server.AllowedOrigins.AsEnumerable());
        Assert.Equal(["https://all.example"], directory.Find(new("b"))!.Settings.Server.AllowedOrigins.AsEnumerable());
        Assert.Same(directory.Settings, directory.Find(new("b"))!.Settings);
    }

    [Fact]
    public void ATenantsOwnRulesReplaceTheRelaysAndStandBesideThem()
    {
        var directory = new TenantDirectory(Loading.SettingsOf(
            "tunnel: { allow: ['one.example:443'] }\ntenants:\n  a: { tunnel: { allow: ['two.example:443'] }, tunnel_allow: ['three.example:1'] }\n  b: { tunnel_allow: ['four.example:1'] }"));
        Assert.Equal(["two.example:443", "three.example:1"], directory.Find(new("a"))!.Settings.Tunnel.Allow.Select(rule => rule.Text));
        Assert.Equal(["one.example:443", "four.example:1"], directory.Find(new("b"))!.Settings.Tunnel.Allow.Select(rule => rule.Text));
    }

    [Fact]
    public void TheLaterSourceCounts()
    {
        var settings = new Loading
        {
            Yaml = "tenants: { a: { server: { allowed_origins: [https://file.example] } } }",
            Args = ["--tenants:a:server:allowed_origins", "https://option.example"],
        }.Settings();
        Assert.Equal(["https://option.example"], new TenantDirectory(settings).Find(new("a"))!.Settings.Server.AllowedOrigins.AsEnumerable());
    }

    [Fact]
    public void AnEmptySectionOfATenantNamesIt() => Assert.Equal(["a"], Loading.SettingsOf("tenants: { a: { server: {} } }").Tenants.Keys);

    [Theory]
    [InlineData("tenants: { a: { server: { port: 80 } } }", "tenants.a.server.port: server.port is the same for every tenant")]
    [InlineData("tenants: { a: { server: { allowed_origins: x } } }", "tenants.a.server.allowed_origins: must be a list")]
    [InlineData("tenants: { a: { server: { allowed_origin: [] } } }", "tenants.a.server.allowed_origin: unknown key (is it server.allowed_origins?)")]
    [InlineData("tenants: { a: { server: 5 } }", "tenants.a.server: must be a map of settings")]
    [InlineData("tenants: { a: { tenants: { b: { suspended: true } } } }", "tenants.a.tenants.b.suspended: tenants.NAME.suspended is the same for every tenant")]
    public void WhatCannotDifferIsAFault(string yaml, string fault) =>
        Assert.StartsWith("relay.yaml:1: " + fault, Assert.Single(Loading.FaultsOf(yaml)));
}
