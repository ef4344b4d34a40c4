using Relay.Gateway.Connections;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Connections;

/// <summary>What becomes of the transport of a connection that has ended.</summary>
public sealed class RegistryTests : IDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly ConnectionRegistry _registry;

    public RegistryTests() => _registry = new(_time, CloseTimeout);

    [Fact]
    public void ATransportThatStaysOpenIsAbortedOnceAfterTheCloseTimeout()
    {
        var transport = End();
        _time.Advance(TimeSpan.FromSeconds(4.4));
        Assert.Equal(0, transport.Aborts);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, transport.Aborts);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, transport.Aborts);
    }

    [Fact]
    public void ATransportThatHasClosedIsForgottenAlsoBehindOneThatHasNot()
    {
        var open = End();
        var closed = Closed();
        _time.Advance(TimeSpan.FromSeconds(1));
        GC.Collect();
        Assert.False(closed.IsAlive);
        Assert.Equal(0, open.Aborts);
    }

    public void Dispose() => _registry.Dispose();

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private WeakReference Closed()
    {
        var transport = End();
        transport.IsOpen = false;
        return new(transport);
    }

    private HandTransport End()
    {
        var rig = new ConnectionRig();
        _registry.Add(rig.Connection);
        rig.Connection.Push(ConnectionRig.Frame(new string('x', 10_000)));
        _registry.Remove(rig.Connection, rig.Transport);
        return rig.Transport;
    }
}
