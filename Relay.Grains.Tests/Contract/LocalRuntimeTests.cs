using Relay.Core.Runtime;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests.Contract;

/// <summary>The same cluster, and the runtime of a gateway in the process of one of its silos: a user's hub is beside it.</summary>
internal sealed class LocalHost(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) : ClusterHost(options, plugins, probe, inSilo: true)
{
    public override bool KnowsRoomAtOnce => true;
}

public sealed class LocalJoinTests : JoinContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalOrderTests : OrderContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalCrashTests : CrashContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalLimitTests : LimitContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalDetachTests : DetachContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalPushTests : PushContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalCollectionTests : CollectionContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}

public sealed class LocalOperationsTests : OperationsContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new LocalHost(options, plugins, probe);
}
