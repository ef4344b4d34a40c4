using System.Diagnostics;
using System.Globalization;

namespace Relay.Benchmarks.Drain;

/// <summary>What a stop did to requests and clients, as it is printed.</summary>
internal static class DrainTables
{
    /// <summary>For how long a cluster or a relay is looked at before it is stopped.</summary>
    public static readonly TimeSpan Before = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Bin = TimeSpan.FromMilliseconds(500);

    /// <summary>Requests before a stop, of the time that it took, and after it; those that were open at its beginning belong to it.</summary>
    public static void Requests(DrainTally tally, long began, long ended)
    {
        var all = tally.Outcomes.ToList();
        List<DrainOutcome>[] parts =
        [
            all.FindAll(each => each.Done < began && Stopwatch.GetElapsedTime(each.Due, began) <= Before),
            all.FindAll(each => each.Done >= began && each.Due <= ended),
            all.FindAll(each => each.Due > ended),
        ];
        Console.WriteLine("| requests | before | while it stopped | afterwards |");
        Console.WriteLine("|---|---|---|---|");
        Row("with an outcome", static part => part.Count.ToString(CultureInfo.InvariantCulture));
        Row("errors", static part => part.Exists(static each => each.IsError) ? string.Join(", ", part.Where(static each => each.IsError).CountBy(static each => each.Outcome).Select(static code => $"{code.Value} {code.Key}")) : "0");
        Row("ms, p50 / p99 / slowest", static part => Latencies(part));
        Console.WriteLine($"not taken and sent again {tally.Again}, without an outcome {tally.Open}, with two {tally.Twice}");

        void Row(string name, Func<List<DrainOutcome>, string> cell) => Console.WriteLine($"| {name} | {string.Join(" | ", parts.Select(cell))} |");
    }

    /// <summary>How many there were in each half second.</summary>
    public static List<int> Spread(string what, IEnumerable<long?> at, long began) => Spread(what, at.OfType<long>().Select(each => Stopwatch.GetElapsedTime(began, each)));

    /// <summary>How many there were in each half second.</summary>
    public static List<int> Spread(string what, IEnumerable<TimeSpan> since)
    {
        var times = since.ToList();
        var bins = times.CountBy(static time => (int)(time / Bin)).ToDictionary();
        var counts = times.Count == 0 ? [] : Enumerable.Range(0, bins.Keys.Max() + 1).Select(bin => bins.GetValueOrDefault(bin)).ToList();
        Console.WriteLine($"{what}: {times.Count}, in each half second {string.Join(' ', counts)}");
        return counts.Count == 0 ? [0] : counts;
    }

    private static string Latencies(List<DrainOutcome> part)
    {
        if (part.Count == 0) return "";
        var times = part.ConvertAll(static each => each.Took.TotalMilliseconds);
        times.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{times[times.Count / 2]:0.0} / {times[times.Count * 99 / 100]:0} / {times[^1]:0}");
    }
}
