using System.Diagnostics;

namespace Relay.Tests.Gateway.WebSockets.Fuzzing;

/// <summary>
/// The framework's WebSocket is the oracle: the same messages, pings and ending on streams that are right, wrong and senseless.
/// RELAY_FUZZ_SECONDS makes it run for so long on fresh seeds; a failure prints the seed, the round and the first bytes.
/// </summary>
public class FuzzerTests
{
    private const int Rounds = 15_000;

    public static TheoryData<string> Differences => [.. KnownDifferences.All.Keys];

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task EachKnownDifferenceIsStillThere(string name)
    {
        var (sample, explains) = KnownDifferences.All[name];
        var ours = Outcome.OfOurs(sample, new Random(1), KnownDifferences.Limit);
        var theirs = await FrameworkOracle.ReadAsync(sample);
        Assert.False(ours.SameAs(theirs), $"Both: {ours}");
        Assert.True(explains(ours, theirs), $"Ours: {ours}\nTheirs: {theirs}");
    }

    [Fact]
    public async Task AgreesWithTheFrameworkOnAFixedSeedAndSeesEveryEnding()
    {
        var seen = await FuzzAsync(20261121, Rounds);
        Assert.All(KnownDifferences.All.Keys.Concat(Enum.GetNames<Ending>()), name => Assert.True(seen.Contains(name), $"Never generated: {name}"));
    }

    [Fact]
    public async Task AgreesWithTheFrameworkOnFreshSeeds()
    {
        var seconds = double.Parse(Environment.GetEnvironmentVariable("RELAY_FUZZ_SECONDS") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var clock = Stopwatch.StartNew();
        do await FuzzAsync(Random.Shared.Next(), Rounds);
        while (clock.Elapsed.TotalSeconds < seconds);
    }

    /// <summary>Gives the endings and the known differences that came up.</summary>
    private static async Task<HashSet<string>> FuzzAsync(int seed, int rounds)
    {
        var random = new Random(seed);
        var seen = new HashSet<string>();
        for (var round = 0; round < rounds; round++)
        {
            var bytes = FrameStreams.Generate(random);
            var ours = Outcome.OfOurs(bytes, random, KnownDifferences.Limit);
            var theirs = await FrameworkOracle.ReadAsync(bytes);
            seen.Add(ours.Ending.ToString());
            if (ours.SameAs(theirs)) continue;
            var known = KnownDifferences.All.FirstOrDefault(difference => difference.Value.Explains(ours, theirs)).Key;
            Assert.True(known is not null, $"Seed {seed}, round {round}: {Start(bytes)}\nOurs: {ours}\nTheirs: {theirs}");
            seen.Add(known);
        }

        return seen;
    }

    private static string Start(byte[] bytes) => Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 1000))) + (bytes.Length > 1000 ? "…" : "");
}
