using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>The in-process runtime on a clock that stands.</summary>
internal sealed class InProcessHost : ContractHost
{
    private readonly ManualTime _time = new();
    private readonly InProcessRuntime _runtime;
    private readonly ServiceProvider _services;

    public InProcessHost(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe)
    {
        var faults = new List<string>();
        var registry = PluginRegistry.Build(plugins.Select(type => new PluginRegistration(type)), _ => PluginSettings.None, faults);
        Assert.Empty(faults);
        _services = new ServiceCollection().AddSingleton(probe).AddSingleton<IRelayEvents>(probe).BuildServiceProvider();
        _runtime = new(options, registry, new MemoryStores(), _services, NullLoggerFactory.Instance, _time);
    }

    public override IRelayRuntime Runtime => _runtime;

    public override RuntimeCounters Counters => _runtime.Counters;

    public override void Advance(TimeSpan by) => _time.Advance(by);

    public override void Interrupt(TenantId tenant) => _runtime.Interrupt(one => one == tenant);

    // The services stay: a plugin that a test has left hanging may still end with them.
    public override void Dispose()
    {
        _runtime.Dispose();
        Assert.Equal(0, Counters.TurnFaults);
    }
}

public sealed class InProcessJoinTests : JoinContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessOrderTests : OrderContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessCrashTests : CrashContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessLimitTests : LimitContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessDetachTests : DetachContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessPushTests : PushContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessCollectionTests : CollectionContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessStopTests : StopContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessRoomTests : RoomContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessRoomHistoryTests : RoomHistoryContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessPeerTests : PeerContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessNodeTests : NodeContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}

public sealed class InProcessOperationsTests : OperationsContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new InProcessHost(options, plugins, probe);
}
