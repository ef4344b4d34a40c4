using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class ValueTests
{
    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("500ms", 500)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    public void DurationsHaveUnits(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Loading.SettingsOf($"hub: {{ cancel_timeout: {text} }}").Hub.CancelTimeout);

    [Theory]
    [InlineData("10")]
    [InlineData("-5s")]
    [InlineData("1.5s")]
    [InlineData("10 s")]
    [InlineData("s")]
    [InlineData("10d")]
    [InlineData("1h30m")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807h")]
    [InlineData("0s")]
    [InlineData("2h")]
    [InlineData("\"\"")]
    public void OtherDurationsAreRefusedWithTheBound(string text) =>
        Refused("hub: { cancel_timeout: " + text + " }", "hub.cancel_timeout", "must be a duration from 10ms to 1h");

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1000001")]
    [InlineData("99999999999999999999999999")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("many")]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public void WholeNumbersAreRefusedWithTheBound(string text) =>
        Refused($"hub:\n  queue_multiplier: {text}", "hub.queue_multiplier", "must be a whole number from 1 to 1000000", line: 2);

    [Theory]
    [InlineData("64KB")]
    [InlineData("127")]
    [InlineData("4294967296")]
    public void SizesAreRefusedWithTheBound(string text) =>
        Refused($"hub: {{ max_message_bytes: {text} }}", "hub.max_message_bytes", "must be a whole number of bytes from 128 to 67108864");

    [Theory]
    [InlineData("true", true)]
    [InlineData("False", false)]
    [InlineData("'true'", true)]
    public void BooleansAreTrueOrFalse(string text, bool value) =>
        Assert.Equal(value, Loading.SettingsOf($"plugins: {{ echo: {{ enabled: {text} }} }}").Plugins.Echo.Enabled);

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("")]
    public void OtherBooleansAreRefused(string text) =>
        Refused($"plugins:\n  echo:\n    enabled: {text}", "plugins.echo.enabled", "must be true or false", line: 3);

    [Theory]
    [InlineData("trace", LogLevel.Trace)]
    [InlineData("debug", LogLevel.Debug)]
    [InlineData("info", LogLevel.Information)]
    [InlineData("warn", LogLevel.Warning)]
    [InlineData("error", LogLevel.Error)]
    [InlineData("none", LogLevel.None)]
    public void LevelsAreWords(string word, LogLevel level) =>
        Assert.Equal(level, Loading.SettingsOf($"logging: {{ level: {word} }}").Logging.Level);

    [Theory]
    [InlineData("logging: { level: Info }", "logging.level", "trace, debug, info, warn, error or none, not \"Info\"")]
    [InlineData("logging: { format: xml }", "logging.format", "text or json")]
    [InlineData("logging: { output: stdeer }", "logging.output", "./name")]
    [InlineData("auth: { mode: jwt }", "auth.mode", "none or token, not \"jwt\"")]
    [InlineData("server: { host: relay.example.com }", "server.host", "an IP address, localhost or *")]
    [InlineData("server: { host: '1' }", "server.host", "an IP address, localhost or *")]
    [InlineData("metrics: { host: 010.0.0.1 }", "metrics.host", "an IP address, localhost or *")]
    [InlineData("plugins: { ai: { upstream: { base_url: 'file:///x' } } }", "plugins.ai.upstream.base_url", "http or https")]
    [InlineData("storage: { sqlite: { path: '' } }", "storage.sqlite.path", "a path")]
    public void WordsAndAddressesAreChecked(string yaml, string key, string says) => Refused(yaml, key, says);

    [Theory]
    [InlineData("https://App.Example.com:443", "https://app.example.com")]
    [InlineData("http://localhost:3000", "http://localhost:3000")]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("http://[::1]:81", "http://[::1]:81")]
    [InlineData("'*'", "*")]
    public void OriginsAreKeptAsBrowsersSendThem(string text, string origin) =>
        Assert.Equal(origin, Assert.Single(Loading.SettingsOf($"server: {{ allowed_origins: [ {(text[0] == '\'' ? text : $"\"{text}\"")} ] }}").Server.AllowedOrigins));

    [Theory]
    [InlineData("https://a.example/")]
    [InlineData("https://a.example/app")]
    [InlineData("https://u@a.example")]
    [InlineData("a.example")]
    [InlineData("")]
    public void WhatIsNoOriginIsRefused(string text) =>
        Refused($"server: {{ allowed_origins: [ \"{text}\" ] }}", "server.allowed_origins", "each item must be an origin");

    [Theory]
    [InlineData("\"\"", null)]
    [InlineData("", null)]
    [InlineData("90s", 90)]
    public void RestartWindowIsOffWhenEmpty(string text, int? seconds) => Assert.Equal(
        seconds is { } given ? TimeSpan.FromSeconds(given) : null,
        Loading.SettingsOf($"plugins:\n  restart_window: {text}").Plugins.RestartWindow);

    [Fact]
    public void SecretsAreNotPrinted()
    {
        var settings = Loading.SettingsOf("plugins: { ai: { upstream: { api_key: hush } }, weather: { key: hush } }\nstorage: { postgres: { connection_string: 'Host=a;Password=hush' } }");
        Assert.Equal("hush", settings.Plugins.Ai.Upstream.ApiKey);
        Assert.Equal("Host=a;Password=hush", settings.Storage.Postgres.ConnectionString);
        Assert.DoesNotContain("hush", settings.ToString() + settings.Plugins.Ai + settings.Storage + string.Concat(SettingsMap.All.Select(each => each.Show(settings))));
    }

    private static void Refused(string yaml, string key, string says, int line = 1)
    {
        var fault = Assert.Single(Loading.FaultsOf(yaml));
        Assert.StartsWith($"relay.yaml:{line}: {key}: ", fault);
        Assert.Contains(says, fault);
    }
}
