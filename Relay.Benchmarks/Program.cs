using BenchmarkDotNet.Running;
using Relay.Benchmarks;
using Relay.Benchmarks.Nodes;

if (args is ["nodes", _, _, ..]) await NodeStreams.RunAsync(args[1..]);
else BenchmarkSwitcher.FromAssembly(typeof(EnvelopeBenchmarks).Assembly).Run(args);
