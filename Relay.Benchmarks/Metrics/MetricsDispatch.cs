using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;

namespace Relay.Benchmarks.Metrics;

/// <summary>
/// What timing adds to a message's way through hub and plugin: the same loop with metrics and without, in turns of a few milliseconds, so that whatever else the
/// machine does meets both alike. <c>Relay.Benchmarks metrics-dispatch</c>.
/// </summary>
internal static class MetricsDispatch
{
    private const int Turns = 150;
    private const int Reads = 4_000;

    public static async Task RunAsync()
    {
        var bench = new DispatchBenchmarks();
        await bench.Setup();
        // Told to what tells the SDK, so that it can be switched: that costs a few nanoseconds more than the relay itself.
        var told = new RuntimeCounters();
        using var metrics = new RelayMetrics(new() { Runtime = told });
        using var telemetry = new RelayTelemetry(metrics, new PrometheusExporter(), new(), NullLogger<RelayTelemetry>.Instance, new());
        Console.WriteLine($"{"messages in a read",20}{"off ns",9}{"on ns",9}{"timing adds ns",16}");
        foreach (var messages in (int[])[1, 16])
        {
            var (off, on) = (new List<double>(), new List<double>());
            for (var turn = -Turns / 5; turn < Turns; turn++)
            {
                bench.Counters.Dispatches.TellTo((seconds, label) => told.Dispatches.Add(TimeSpan.FromSeconds(seconds), label));
                bench.Counters.Handlers.TellTo((seconds, label) => told.Handlers.Add(TimeSpan.FromSeconds(seconds), label));
                Measure(bench, messages, turn < 0 ? null : on);
                bench.Counters.Dispatches.TellTo(null);
                bench.Counters.Handlers.TellTo(null);
                Measure(bench, messages, turn < 0 ? null : off);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{messages,20}{Median(off),9:0}{Median(on),9:0}{Median(on) - Median(off),16:0}"));
        }

        bench.Cleanup();
    }

    private static void Measure(DispatchBenchmarks bench, int messages, List<double>? into)
    {
        // What it has just been given is in no cache yet.
        Loop(bench, messages, Reads / 10);
        var began = Stopwatch.GetTimestamp();
        Loop(bench, messages, Reads);
        into?.Add(Stopwatch.GetElapsedTime(began).TotalNanoseconds / Reads / messages);
    }

    private static void Loop(DispatchBenchmarks bench, int messages, int reads)
    {
        for (var read = 0; read < reads; read++)
        {
            using var batch = TurnScope.Enter();
            for (var i = 0; i < messages; i++) bench.Echo();
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
