namespace Relay.Tests.Gateway.Settings;

public class NamedSettingsTests
{
    [Fact]
    public void NamedTenantsReplaceTheDefaultOne()
    {
        var tenants = Loading.SettingsOf("tenants:\n  acme: {}\n  Acme: { suspended: true }\n  'a.b/ü': ").Tenants;
        Assert.Equal(["Acme", "a.b/ü", "acme"], tenants.Keys);
        Assert.True(tenants["Acme"].Suspended);
        Assert.False(tenants["acme"].Suspended);
    }

    [Fact]
    public void ADotInATenantsNameIsPartOfTheName()
    {
        var tenants = Loading.SettingsOf("tenants: { a.suspended: {}, a: { suspended: true } }").Tenants;
        Assert.Equal(["a", "a.suspended"], tenants.Keys);
    }

    [Theory]
    [InlineData("tenants: { a: true }", "tenants.a: must be a map")]
    [InlineData("tenants: { a: { suspended: } }", "tenants.a.suspended: must be true or false")]
    [InlineData("tenants: { a: { limit: 5 } }", "tenants.a.limit: unknown key")]
    [InlineData("tenants: { '': {} }", "tenants.: a tenant's name must be 1 to 256 bytes")]
    [InlineData("tenants: { \"a\\0\": {} }", "tenants.a\\u0000: a tenant's name must be 1 to 256 bytes")]
    [InlineData("tenants: [a]", "tenants: must be a map of settings")]
    public void FaultyTenantsAreNamed(string yaml, string fault) =>
        Assert.StartsWith("relay.yaml:1: " + fault, Assert.Single(Loading.FaultsOf(yaml)));

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void ATenantsNameIsBounded(int length, bool fits)
    {
        // A plain YAML key ends after 1024 characters; the relay's bound comes first.
        var yaml = $"tenants: {{ {new string('t', length)}: {{}} }}";
        if (fits)
            Assert.Single(Loading.SettingsOf(yaml).Tenants);
        else
            Assert.Contains("1 to 256 bytes", Assert.Single(Loading.FaultsOf(yaml)));
    }

    [Fact]
    public void APluginsOwnSettingsAreHandedOnAsText()
    {
        var settings = new Loading
        {
            Yaml = "plugins:\n  echo: { enabled: true }\n  weather:\n    city: Oslo\n    api: { url: http://x, tries: 3 }\n    empty:\n  bare: {}",
            Args = ["--plugins:weather:city", "Bergen"],
        }.Settings();
        Assert.True(settings.Plugins.Echo.Enabled);
        Assert.Equal(["bare", "weather"], settings.Plugins.Custom.Keys);
        Assert.Equal(
            new Dictionary<string, string> { ["api.tries"] = "3", ["api.url"] = "http://x", ["city"] = "Bergen", ["empty"] = "" },
            settings.Plugins.Custom["weather"]);
        Assert.Empty(settings.Plugins.Custom["bare"]);
    }

    [Theory]
    [InlineData("plugins: { weather: { cities: [a, b] } }", "plugins.weather.cities: a plugin's own settings are text, not lists")]
    [InlineData("plugins: { Weather: { city: Oslo } }", "plugins.Weather.city: a plugin's name is")]
    [InlineData("plugins: { weather: { a.b: 1, a: { b: 2 } } }", "plugins.weather.a.b: is given twice (first: relay.yaml:1)")]
    [InlineData("plugins: { session: { ttl: 5s } }", "plugins.session.ttl: unknown key")]
    [InlineData("plugins: { weather: 5 }", "plugins.weather: unknown key")]
    public void FaultyPluginSettingsAreNamed(string yaml, string fault) =>
        Assert.StartsWith("relay.yaml:1: " + fault, Assert.Single(Loading.FaultsOf(yaml)));
}
