using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Plugins.Echo;

namespace Relay.Benchmarks;

/// <summary>A message's way through the in-process runtime: hub, plugin, answer; and a push to all members of a group.</summary>
[MemoryDiagnoser]
public class DispatchBenchmarks
{
    private const int Members = 1000;

    private readonly Frame _frame = new(Encoding.UTF8.GetBytes("{\"type\":\"news\"}"));
    private ServiceProvider? _services;
    private InProcessRuntime? _runtime;
    private HubLink? _link;
    private ClientEnvelope _message;

    /// <summary>What the runtime counts.</summary>
    internal RuntimeCounters Counters => _runtime!.Counters;

    /// <summary>Starts a runtime with <c>echo_</c>, one user who asks, and a group.</summary>
    [GlobalSetup]
    public async Task Setup()
    {
        _services = new ServiceCollection().BuildServiceProvider();
        var faults = new List<string>();
        var registry = PluginRegistry.Build([new PluginRegistration(typeof(EchoPlugin))], _ => PluginSettings.None, faults);
        var options = new RuntimeOptions(
            new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 1_000_000),
            new RestartPolicy(null),
            new InboxLimits(500, 1 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)),
            100,
            16);
        _runtime = new InProcessRuntime(options, registry, new NoStore(), _services, NullLoggerFactory.Instance, TimeProvider.System);
        _link = await JoinAsync("asker");
        for (var i = 0; i < Members; i++)
        {
            await JoinAsync($"member{i}");
            await _runtime.JoinGroupAsync(new UserKey(TenantId.Default, $"member{i}"), "all");
        }

        var text = "{\"type\":\"echo_say\",\"request_id\":\"0123456789abcdef\",\"data\":{\"text\":\"" + new string('x', 80) + "\"}}";
        ClientEnvelope.TryRead(Encoding.UTF8.GetBytes(text), out _message, out _);
    }

    /// <summary>Stops the runtime.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _runtime?.Dispose();
        _services?.Dispose();
    }

    /// <summary>One request through hub and plugin to its answer, on the thread that sends it.</summary>
    [Benchmark]
    public void Echo() => _link!.Send(_message);

    /// <summary>One frame to a thousand users.</summary>
    [Benchmark(OperationsPerInvoke = Members)]
    public async Task<int> PushToGroup() => await _runtime!.PushToGroupAsync(TenantId.Default, "all", _frame);

    private async Task<HubLink> JoinAsync(string user)
    {
        var connection = new NullConnection(user);
        var (link, error) = await _runtime!.JoinAsync(new UserKey(TenantId.Default, user), connection);
        return link ?? throw new InvalidOperationException($"{user} was refused: {error}");
    }

    private sealed class NoStore : IPluginStoreProvider
    {
        public IPluginStore Open(PluginKey plugin, long incarnation) => throw new NotSupportedException("echo_ keeps nothing.");

        public void Fence(PluginKey plugin, long incarnation)
        {
        }
    }
}
