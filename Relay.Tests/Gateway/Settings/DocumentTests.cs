using System.Text;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

/// <summary>docs/relay.yaml and the map say the same.</summary>
public class DocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "relay.yaml"));

    [Fact]
    public void TheDocumentLoadsAndHoldsTheDefaults()
    {
        var settings = new Loading { Yaml = Document, Program = RelayProgram.Silo }.Settings();
        Assert.All(SettingsMap.All, each => Assert.Equal(each.Show(Loading.Defaults), each.Show(settings)));
    }

    [Fact]
    public void EveryKeyOfTheMapStandsInTheDocumentAndTheReverse()
    {
        var faults = new FaultList();
        var written = YamlReader.Read("docs/relay.yaml", Document, faults).Select(each => each.Key.Replace("tenants.default.", "tenants.NAME.").Replace("rooms.patterns.default.", "rooms.patterns.NAME."));
        Assert.False(faults.Any);
        // The settings of a plugin that does not ship have no default to write down.
        var known = SettingsMap.All.Where(each => each is not (PluginSetting or TenantOverrideSetting or NamedRow)).Select(each => each.Key);
        Assert.Equal(known.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryKeyIsExplainedAsInTheMap() =>
        Assert.All(SettingsMap.All, each => Assert.Contains("# " + each.Doc, Document, StringComparison.Ordinal));

    [Fact]
    public void TheExampleOfAPluginsSettingsLoads()
    {
        var example = new StringBuilder();
        foreach (var line in Document.Split('\n').SkipWhile(line => line != "# plugins:"))
            example.AppendLine(line.TrimStart('#')[(line.Length > 1 ? 1 : 0)..]);
        Assert.Equal(["api.url", "city"], Loading.SettingsOf(example.ToString()).Plugins.Custom["weather"].Keys);
    }

    [Fact]
    public void TheExampleOfKeysLoads()
    {
        var example = Document.Split('\n').SkipWhile(line => line != "#   keys:").TakeWhile(line => line.StartsWith('#')).Select(line => line[1..]);
        var auth = Loading.SettingsOf("auth:\n   issuer: us\n   audience: [relay]\n" + string.Join('\n', example)).Auth;
        Assert.Equal(["main", "next"], auth.Keys.Keys);
        Assert.Equal([Roles.Publisher], auth.ApiKeys["backend"].Roles.AsEnumerable());
        Assert.Equal("relay_p7m2qd4c", auth.Operators["oncall"].Hash.Prefix);
    }

    [Fact]
    public void EveryDefaultIsWithinItsOwnBounds()
    {
        foreach (var setting in SettingsMap.All.Where(each => each is not (TenantSetting or TenantOverrideSetting or PluginSetting)))
        {
            var text = setting.Show(Loading.Defaults).Trim('[', ']');
            var raw = new RawSetting(SettingSource.Option, "test", [.. setting.Path.Select(part => part == "NAME" ? "default" : part)], RawShape.Text) { Text = text };
            Assert.True(setting.Apply(Loading.Defaults, raw, out var fault) is not null, $"{setting.Key}: {fault}");
        }
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Relay.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Relay.sln is in no folder above the tests");
        return folder;
    }
}
