using System.Text;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Tests.Contract;

namespace Relay.Tests.Rules;

/// <summary>A gateway's part of a room, when what the room tells comes late or not at all.</summary>
public class GatewayRoomRulesTests
{
    private static readonly RoomPosition Start = new("e", 0);

    private readonly Port _port = new();

    [Fact]
    public void BareMembersGetWhatTheyMissedWhenTheGatewayEntersAgain()
    {
        var (room, bare) = (Room(), new RoomProbe("a"));
        room.Join(new(bare, false), null);
        Enter(room, 0);
        room.Lose();
        Enter(room, 2, [RoomEvents.Message(new("e", 1), Text("grüße \"quoted\"")), RoomEvents.Message(new("e", 2), new([0, 255], IsText: false))]);
        Assert.Equal("grüße \"quoted\"", bare.Rest()[0]);
        Assert.Equal(0, _port.Gaps);
    }

    [Fact]
    public void ABareMessageIsReadOutOfItsEvent()
    {
        var bare = RoomEvents.Bare(RoomEvents.Message(new("e", 2), new([0, 255], IsText: false)));
        Assert.False(bare.IsText);
        Assert.Equal([0, 255], bare.Bytes);
    }

    [Fact]
    public void WithoutHistoryThoseWithEventsAreToldOfAGap()
    {
        var (room, member) = (Room(new()), new RoomProbe("a"));
        room.Join(new(member, true), null);
        Enter(room, 0);
        room.Lose();
        Enter(room, 0);
        Assert.Equal(["""{"type":"joined","room":"r","connection_id":"a"}""", """{"type":"joined","room":"r","connection_id":"a","recovered":false}"""], member.Rest());
        Assert.Equal(1, _port.Gaps);
    }

    [Fact]
    public void WhatAMemberMissedDoesNotComeTwiceWhenTheGatewayIsNotInMeanwhile()
    {
        var (room, member) = (Room(), new RoomProbe("a"));
        room.Join(new(new RoomProbe("b"), false), null);
        Enter(room, 0);
        room.Join(new(member, true), Start);
        room.Lose();
        var missed = new[] { RoomEvents.Message(new("e", 1), Text("one")) };
        room.Hear("e", new(RoomNewsKind.Recovered, 1, Member: new("a", ""), Missed: missed));
        Enter(room, 1, missed);
        Assert.Empty(member.Rest());
        Assert.Equal(2, _port.Asked);
        room.Hear("e", new(RoomNewsKind.Recovered, 1, Member: new("a", ""), Missed: missed));
        Assert.Equal([true, true], member.Rest().Select((text, i) => text.Contains(i == 0 ? "joined" : "one")));
    }

    private static void Enter(GatewayRoom room, long offset, IReadOnlyList<Frame>? missed = null) => room.Hear("e", new(RoomNewsKind.Entered, offset, Members: 1, Missed: missed));

    private static Frame Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private GatewayRoom Room(RoomPolicy? policy = null) => new(new(TenantId.Default, "r"), policy ?? new() { HistoryMessages = 10 }, _port);

    private sealed class Port : IGatewayRoomPort
    {
        public int Gaps { get; private set; }

        public int Asked { get; private set; }

        public void Admit(RoomMember member, bool? recovered)
        {
        }

        public List<RoomMember> Refused { get; } = [];

        public void Refuse(RoomMember member) => Refused.Add(member);

        public void TellLeft(RoomMember member)
        {
        }

        public void AskMissed(RoomMember member, RoomPosition since) => Asked++;

        public void CountGap() => Gaps++;
    }
}
