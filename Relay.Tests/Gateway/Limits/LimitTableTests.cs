using System.Net;
using Relay.Core;
using Relay.Core.Limits;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Limits;

/// <summary>Who has what, by tenant, user and address.</summary>
public sealed class LimitTableTests : IDisposable
{
    private static readonly TenantId One = new("one");
    private static readonly TenantId Other = new("other");

    private readonly ManualTime _time = new();
    private readonly LimitTable _table;
    private RelayLimitsOptions _limits = new();

    public LimitTableTests() => _table = new(_time, new SubjectLimits(Connections: 2, ConnectsPerSecond: 3), _ => _limits);

    public void Dispose() => _table.Dispose();

    [Fact]
    public void TenantsAndTheirUsersHaveEachTheirOwn()
    {
        _limits = new() { TenantConnections = 3, UserConnections = 2 };
        Assert.NotNull(_table.Open(One, "alice").Meter);
        Assert.NotNull(_table.Open(One, "alice").Meter);
        Assert.Equal(LimitKind.UserConnections, _table.Open(One, "alice").Refusal?.Kind);
        Assert.NotNull(_table.Open(One, "Alice").Meter);
        Assert.Equal(LimitKind.TenantConnections, _table.Open(One, "bob").Refusal?.Kind);
        Assert.NotNull(_table.Open(Other, "alice").Meter);

        // What the tenant refused was not taken from the user.
        _limits = _limits with { TenantConnections = 100 };
        Assert.NotNull(_table.Open(One, "bob").Meter);
        Assert.NotNull(_table.Open(One, "bob").Meter);
        Assert.NotNull(_table.Open(One, "bob").Refusal);
    }

    [Fact]
    public void ThoseWithoutANameAreNotOneUser()
    {
        _limits = new() { UserConnections = 1, UserConnectsPerSecond = 1 };
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(_table.TryConnect(One, null));
            Assert.NotNull(_table.Open(One, "").Meter);
        }
    }

    [Fact]
    public void WhoIsOverItsOwnRateTakesNothingOfTheTenants()
    {
        _limits = new() { TenantConnectsPerSecond = 3, UserConnectsPerSecond = 1 };
        Assert.Null(_table.TryConnect(One, "alice"));
        for (var i = 0; i < 100; i++) Assert.Equal(LimitKind.UserConnects, _table.TryConnect(One, "alice")?.Kind);
        Assert.Null(_table.TryConnect(One, "bob"));
        Assert.Null(_table.TryConnect(One, "carol"));
        Assert.Equal(LimitKind.TenantConnects, _table.TryConnect(One, "dave")?.Kind);
    }

    [Fact]
    public void BytesOfARequestArePaidForByThoseAfterIt()
    {
        _limits = new() { TenantBytesPerSecond = 1000 };
        _table.TryMessage(One, null).Meter!.Took(5000);
        var refusal = _table.TryMessage(One, null).Refusal;
        Assert.Equal((LimitKind.TenantBytes, 4), (refusal!.Value.Kind, refusal.Value.RetryAfter.TotalSeconds));
        Assert.NotNull(_table.TryMessage(Other, null).Meter);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.NotNull(_table.TryMessage(One, null).Meter);
    }

    [Fact]
    public void AnAddressIsCountedByWhatOnePartyHas()
    {
        for (var i = 0; i < 3; i++) Assert.Null(_table.TryAddress(IPAddress.Parse($"2001:db8::{i}")));
        Assert.NotNull(_table.TryAddress(IPAddress.Parse("2001:db8::ffff")));
        Assert.Null(_table.TryAddress(IPAddress.Parse("2001:db8:0:1::1")));
        for (var i = 0; i < 3; i++) Assert.Null(_table.TryAddress(IPAddress.Parse("192.0.2.1")));
        Assert.NotNull(_table.TryAddress(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.Null(_table.TryAddress(IPAddress.Parse("192.0.2.2")));
        Assert.Null(_table.TryAddress(null));
    }

    [Fact]
    public void AnAddressThatOpensAndClosesHasItsPlacesAgain()
    {
        var address = IPAddress.Parse("192.0.2.1");
        Assert.Equal([0.5, 1, 1.5], new[] { _table.OpenAddress(address), _table.OpenAddress(address), _table.OpenAddress(address) });
        for (var i = 0; i < 3; i++) _table.CloseAddress(address);
        _table.Sweep();
        Assert.Equal(0.5, _table.OpenAddress(address));
    }

    [Fact]
    public void LimitsThatChangeCountForWhatIsOpen()
    {
        var meter = _table.Open(One, "alice").Meter!;
        meter.BeginBatch();
        Assert.True(meter.TryTakeMessage());
        _limits = new() { TenantMessagesPerSecond = 1 };
        _table.Change(One);
        meter.BeginBatch();
        Assert.True(meter.TryTakeMessage());
        Assert.False(meter.TryTakeMessage());
    }

    [Fact]
    public void TenantsWithoutEndAreForgottenAndTheirUsageIsNot()
    {
        var kept = _table.Open(One, null).Meter!;
        for (var i = 0; i < 10_500; i++)
        {
            var meter = _table.Open(new($"tenant-{i}"), null).Meter!;
            meter.Leave();
            meter.Dispose();
        }

        _table.Sweep();
        var (tenants, forgotten) = _table.Usage();
        Assert.Equal(10_000, tenants.Count);
        Assert.Contains(tenants, static each => each.Tenant == One);
        Assert.Equal(10_501, forgotten.ConnectionsOpened + tenants.Sum(static each => each.Counts.ConnectionsOpened));
        kept.Leave();
        kept.Dispose();
    }
}
