using BenchmarkDotNet.Running;
using Relay.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(EnvelopeBenchmarks).Assembly).Run(args);
