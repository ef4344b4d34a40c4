using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Telemetry;
using Relay.Tests.Repository;
using Relay.Tests.Support;

namespace Relay.Tests.Deploy;

/// <summary>The dashboard and the alerts ask for what the relay tells.</summary>
public sealed partial class ObservabilityTests
{
    // What Prometheus adds.
    private static readonly string[] ByPrometheus = ["job", "instance"];

    [Fact]
    public async Task EachQueryOfTheDashboardNamesMetricsAndLabelsThatThereAre()
    {
        using var dashboard = JsonDocument.Parse(SourceTree.Read("deploy/grafana/dashboards/relay.json"));
        var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(static panel => panel.TryGetProperty("targets", out _))
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!)
            .Concat(dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Select(static variable => LabelValues().Replace(variable.GetProperty("query").GetString()!, "$1")).Where(static query => query.StartsWith("relay", StringComparison.Ordinal)))
            .ToList();
        Assert.True(queries.Count > 30);
        await CheckAsync(queries);
    }

    [Fact]
    public async Task EachAlertNamesMetricsAndLabelsThatThereAre() => await CheckAsync(Alerts().Select(static alert => alert["expr"].Text));

    [Fact]
    public void EachAlertHasARunbookEntryAndATest()
    {
        var (operations, tests) = (SourceTree.Read("docs/operations.md"), SourceTree.Read("deploy/prometheus/rules.test.yaml"));
        var tested = Yaml.Read(tests).Single()["tests"].Items.SelectMany(static test => test["alert_rule_test"].Items).Where(static each => each["exp_alerts"].Items.Any()).Select(static each => each["alertname"].Text).ToHashSet();
        foreach (var alert in Alerts())
        {
            var name = alert["alert"].Text;
            Assert.Contains(name, tested);
            Assert.Contains($"### {name}\n", operations);
            Assert.Equal($"docs/operations.md#{name.ToLowerInvariant()}", alert.At("annotations.runbook").Text);
            Assert.Contains(alert.At("labels.severity").Text, new[] { "page", "ticket" });
        }

        var entries = Regex.Matches(operations, "^### (Relay[A-Z][A-Za-z]+)$", RegexOptions.Multiline).Select(static match => match.Groups[1].Value);
        Assert.Empty(entries.Except(Alerts().Select(static alert => alert["alert"].Text)));
    }

    [Fact]
    public void ARunbookNamesPanelsAsTheDashboardDoes()
    {
        var titles = Regex.Matches(SourceTree.Read("deploy/grafana/dashboards/relay.json"), "\"title\": \"([^\"]+)\"").Select(static match => match.Groups[1].Value);
        var operations = SourceTree.Read("docs/operations.md");
        var runbooks = operations[operations.IndexOf("\n## Alerts\n", StringComparison.Ordinal)..operations.IndexOf("\n## Upgrade\n", StringComparison.Ordinal)];
        var named = Regex.Matches(runbooks, @"(?<!\*)\*([A-Z][^*.]+)\*(?!\*)").Select(static match => match.Groups[1].Value).ToHashSet();
        Assert.True(named.Count > 10, "The search finds nothing.");
        Assert.Empty(named.Except(titles).Except(Alerts().Select(static alert => alert["alert"].Text)));
    }

    [PromtoolFact]
    public void PromtoolAcceptsTheRulesAndTheirTests()
    {
        Run("check", "rules", "rules.yaml");
        Run("test", "rules", "rules.test.yaml");
        Run("check", "config", "prometheus.yaml");
    }

    [Fact]
    public void TheCheckFindsWhatItLooksFor()
    {
        var known = new Dictionary<string, HashSet<string>> { ["relay_x"] = ["reason"], ["up"] = [] };
        Assert.Empty(Unknown("""sum by (reason) (rate(relay_x{job="relay", reason=~"a|b"}[5m])) > 0.1 * max without (instance) (relay_x) and up{job="x"} == 1""", known));
        Assert.Equal(["relay_x{code}", "relay_y", "by colour"], Unknown("""sum by (colour) (relay_x{code="1"}) + relay_y""", known));
    }

    private static IEnumerable<Yaml> Alerts() => Yaml.Read(SourceTree.Read("deploy/prometheus/rules.yaml")).Single()["groups"].Items.SelectMany(static group => group["rules"].Items);

    private static async Task CheckAsync(IEnumerable<string> queries)
    {
        await using var relay = await RelayServer.StartAsync();
        var known = Metrics(await MetricsRig.TextAsync(relay.Services.GetRequiredService<RelayTelemetry>().Scrapes));
        known["up"] = [];
        // Some are in other processes than this one, and the series of a histogram begin with the first thing that is timed.
        foreach (var row in RelayInstruments.All)
        {
            if (row is not DurationRow)
            {
                known.TryAdd(row.Name, [.. row.Labels]);
                continue;
            }

            known[row.Name + "_bucket"] = [.. row.Labels, "le"];
            known[row.Name + "_count"] = known[row.Name + "_sum"] = [.. row.Labels];
        }

        Assert.Empty(queries.SelectMany(query => Unknown(query, known).Select(unknown => $"{unknown} in {query}")));
    }

    private static Dictionary<string, HashSet<string>> Metrics(string text)
    {
        var known = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (Match sample in Sample().Matches(text))
        {
            if (!known.TryGetValue(sample.Groups[1].Value, out var labels)) known[sample.Groups[1].Value] = labels = [];
            labels.UnionWith(Label().Matches(sample.Groups[2].Value).Select(static label => label.Groups[1].Value));
        }

        return known;
    }

    private static IEnumerable<string> Unknown(string query, Dictionary<string, HashSet<string>> known)
    {
        var bare = Text().Replace(query, "\"\"");
        var metrics = Metric().Matches(bare);
        foreach (Match metric in metrics)
        {
            var name = metric.Groups[1].Value;
            if (!known.TryGetValue(name, out var labels)) yield return name;
            else
                foreach (Match label in Label().Matches(metric.Groups[2].Value))
                    if (!labels.Contains(label.Groups[1].Value) && !ByPrometheus.Contains(label.Groups[1].Value)) yield return $"{name}{{{label.Groups[1].Value}}}";
        }

        var any = metrics.SelectMany(metric => known.GetValueOrDefault(metric.Groups[1].Value) ?? []).Concat(ByPrometheus).ToHashSet();
        foreach (Match grouping in Grouping().Matches(bare))
            foreach (var label in grouping.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
                if (!any.Contains(label)) yield return "by " + label;
    }

    private static void Run(params string[] args)
    {
        var start = new ProcessStartInfo(PromtoolFactAttribute.Program!, args) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.Combine(SourceTree.Root, "deploy", "prometheus") };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.Result);
    }

    [GeneratedRegex(@"^label_values\((.*), \w+\)$")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"^(\w+)(?:\{(.*)\})? ", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Label();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\b((?:relay|websocket|dotnet)_\w+|up)\b(?:\{([^}]*)\})?")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring) \(([^)]*)\)")]
    private static partial Regex Grouping();
}
