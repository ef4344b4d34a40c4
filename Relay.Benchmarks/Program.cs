using BenchmarkDotNet.Running;
using Relay.Benchmarks;
using Relay.Benchmarks.Drain;
using Relay.Benchmarks.Metrics;
using Relay.Benchmarks.Nodes;
using Relay.Benchmarks.Tenants;
using Relay.Benchmarks.Webhooks;

if (args is ["nodes", _, _, ..]) await NodeStreams.RunAsync(args[1..]);
else if (args is ["tenants", _, _, ..]) return await TenantsFairness.RunAsync(args[1..]);
else if (args is ["tenants-flood", var relay]) await TenantsFairness.FloodAsync(relay);
else if (args is ["drain", ..]) await DrainRun.RunAsync(args[1..]);
else if (args is ["drain-cluster", _, ..]) await ClusterDrain.RunAsync(args[1..]);
else if (args is ["drain-relay", ..]) return await DrainRun.ServeAsync(args[1..]);
else if (args is ["metrics-dispatch"]) await MetricsDispatch.RunAsync();
else if (args is ["metrics", _, ..]) await MetricsScrape.RunAsync(args[1..]);
else if (args is ["webhooks", ..]) await WebhookThroughput.RunAsync(args[1..]);
else BenchmarkSwitcher.FromAssembly(typeof(EnvelopeBenchmarks).Assembly).Run(args);
return 0;
