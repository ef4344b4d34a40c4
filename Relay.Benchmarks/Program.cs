using BenchmarkDotNet.Running;
using Relay.Benchmarks;
using Relay.Benchmarks.Nodes;
using Relay.Benchmarks.Tenants;

if (args is ["nodes", _, _, ..]) await NodeStreams.RunAsync(args[1..]);
else if (args is ["tenants", _, _, ..]) await TenantsFairness.RunAsync(args[1..]);
else if (args is ["tenants-flood", var relay]) await TenantsFairness.FloodAsync(relay);
else BenchmarkSwitcher.FromAssembly(typeof(EnvelopeBenchmarks).Assembly).Run(args);
