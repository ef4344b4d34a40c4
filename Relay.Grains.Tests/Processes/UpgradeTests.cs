using System.Text.RegularExpressions;
using Relay.Grains.Tests.Processes.Support;
using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes;

/// <summary>Two builds side by side in one cluster: a rollout from the one to the other under load, silos first, and back. docs/decisions/0012-upgrades.md</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed partial class UpgradeTests(Servers servers, ITestOutputHelper output)
{
    private static readonly HttpClient Http = new() { Timeout = Journal.Patience };

    [ProcessFact]
    public Task FromAnotherBuildToThisOneEachRequestHasAnOutcome() => RollAsync(OtherBuild.Path, null);

    [ProcessFact]
    public Task FromThisBuildToAnotherOneEachRequestHasAnOutcome() => RollAsync(null, OtherBuild.Path);

    private async Task RollAsync(string? from, string? to)
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, from, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        var before = Assert.Single(await VersionsAsync(nodes)).Key;
        var replaced = 0;
        await Rollout.RunAsync(
            cluster,
            nodes,
            ended => cluster.StartAgain(ended, to),
            async () =>
            {
                // Who watches the rollout sees how far it is.
                var versions = await VersionsAsync(nodes);
                Assert.Equal(++replaced, versions.Where(version => version.Key != before).Sum(static version => version.Value));
                Assert.Equal(nodes.Length - replaced, versions.GetValueOrDefault(before));
                output.WriteLine(string.Join(", ", versions.Select(static version => $"{version.Value} of {version.Key}")));
                await MeetAsync(nodes[^2], nodes[^1], replaced);
            },
            output);
    }

    // Rooms and peers of two gateways, of whatever builds they and the silos between them are.
    private static async Task MeetAsync(NodeProcess first, NodeProcess second, int number)
    {
        await using var here = await PeerClient.EnterAsync(first, $"room{number}", "here");
        await using var there = await PeerClient.EnterAsync(second, $"room{number}", "there");
        await here.SendAsync("hello"u8.ToArray());
        await there.HearsAsync("hello");
        await using var pair = await Pair.MeetAsync(first, second, number);
        await pair.One.SendAsync("left"u8.ToArray());
        await pair.Other.HearsAsync("left");
        await pair.Other.SendAsync("right"u8.ToArray());
        await pair.One.HearsAsync("right");
    }

    private static async Task<Dictionary<string, int>> VersionsAsync(IEnumerable<NodeProcess> nodes)
    {
        var metrics = await Task.WhenAll(nodes.Select(static node => Http.GetStringAsync(node.Metrics)));
        return metrics.GroupBy(static text => BuildInfo().Match(text).Groups["version"].Value).ToDictionary(static version => version.Key, static version => version.Count());
    }

    [GeneratedRegex("^relay_build_info\\{version=\"(?<version>[^\"]+)\"[^}]*\\} 1", RegexOptions.Multiline)]
    private static partial Regex BuildInfo();
}
