using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>A room that may have only so many members, at two gateways.</summary>
public sealed class RoomMembersTests : ClusterTest
{
    private const int Most = 5;

    private static readonly RoomKey Room = new(TenantId.Default, "r");

    private protected override RuntimeOptions Options { get; } = new(
        new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 10_000),
        new RestartPolicy((TimeSpan?)null),
        new InboxLimits(60_000, 64 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)),
        4,
        3)
    {
        Rooms = new([], 100, maxMembers: Most),
    };

    [Fact]
    public async Task OneGatewayRefusesForTheMembersOfTheOther()
    {
        for (var i = 0; i < Most; i++) Assert.Null((await First.Rooms.JoinAsync(Room, new RoomProbe("a" + i), default)).Error);
        Assert.Equal(ErrorCode.RoomFull, (await Second.Rooms.JoinAsync(Room, new RoomProbe("b"), default)).Error);
        Assert.Equal(Most, await Second.Rooms.PublishAsync(Room, new("to all"u8.ToArray())));
    }

    [Fact]
    public async Task ThoseWhoCameTooManyAtTheSameMomentAreClosed()
    {
        await First.Rooms.JoinAsync(Room, new RoomProbe("first"), default);
        await Second.Rooms.JoinAsync(Room, new RoomProbe("second"), default);
        var joins = Enumerable.Range(0, 40).Select(async i =>
        {
            var probe = new RoomProbe("m" + i);
            var (link, error) = await (i % 2 == 0 ? First : Second).Rooms.JoinAsync(Room, probe, default);
            if (link is not null) _ = LeaveAsync(probe, link);
            return error;
        }).ToList();
        Assert.All(await Task.WhenAll(joins).WaitAsync(RecordingConnection.Patience), static error => Assert.True(error is null or ErrorCode.RoomFull));
        await Eventually.Async(async () => await First.Rooms.PublishAsync(Room, new("to all"u8.ToArray())) is > 0 and <= Most);
    }

    // As the gateway's connections do.
    private static async Task LeaveAsync(RoomProbe probe, RoomLink link)
    {
        await probe.Closing;
        link.Leave();
    }
}
