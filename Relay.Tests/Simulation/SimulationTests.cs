using System.Globalization;
using Xunit.Abstractions;

namespace Relay.Tests.Simulation;

/// <summary>The hubs' and plugins' rules through a million random turns. RELAY_SIM_TURNS and RELAY_SIM_SEED override; a failure names its seed, which replays.</summary>
public class SimulationTests(ITestOutputHelper output)
{
    private const int TurnsPerWorld = 25_000;

    [Fact]
    public void EveryRuleHoldsThroughRandomTurns()
    {
        var fresh = Environment.GetEnvironmentVariable("RELAY_SIM_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Environment.TickCount & 0xFFFFFF;
        var turns = Environment.GetEnvironmentVariable("RELAY_SIM_TURNS") is { Length: > 0 } wanted ? long.Parse(wanted, CultureInfo.InvariantCulture) : 1_000_000;
        output.WriteLine($"fixed seed 1, fresh seed {fresh}");
        var (done, answers, collected, late, forgotten) = (0L, 0L, 0L, 0L, 0L);
        for (var i = 0; done < turns; i++)
        {
            // The first world is the fresh seed's own, so that RELAY_SIM_SEED replays it; then fixed and fresh take turns.
            var seed = i == 0 ? fresh : i % 2 == 1 ? i : unchecked(fresh + i);
            var world = Run(seed);
            done += world.Turns;
            answers += world.Answers;
            collected += world.Collected;
            late += world.Late;
            forgotten += world.Forgotten;
        }

        output.WriteLine($"{done} turns, {answers} answers, {collected} collections, {late} late terminals, {forgotten} hubs forgotten");
        Assert.True(answers > 0 && collected > 0 && late > 0);
    }

    private static World Run(int seed)
    {
        var world = new World(seed);
        try
        {
            while (world.Turns < TurnsPerWorld)
            {
                world.Step();
                if (world.Random.Next(4000) == 0) world.Settle();
            }

            world.Settle();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"RELAY_SIM_SEED={seed}, turn {world.Turns}: {e.Message}", e);
        }

        return world;
    }
}
