using System.Text;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Gateway.WebSockets;
using Relay.Tests.Contract;

namespace Relay.Tests.Rules;

public class RoomRulesTests
{
    private static readonly Turn Start = new(TimeSpan.FromSeconds(1));

    [Fact]
    public async Task WhatABatchAppendsIsDeliveredTogetherFramedOnceForAll()
    {
        var room = new Room(new(TenantId.Default, "r"), new(), "e");
        var members = Enumerable.Range(0, 3).Select(i => new RoomProbe("m" + i)).ToList();
        foreach (var member in members) room.Join(new(member, false), null, Start);
        room.Publish(null, Text("one"), Start);
        room.Publish(null, Text("two"), Start);
        Assert.Empty(members[0].Rest());
        room.Members.Deliver();
        foreach (var member in members) Assert.Equal(["one", "two"], await member.NextAsync(2));
        Assert.Equal(6, room.Members.Deliveries);
        Assert.False(room.Members.IsPending);
    }

    [Fact]
    public void ABatchIsFramedByTheFirstWhoAsks()
    {
        var batch = new FrameBatch();
        batch.Add(Text("one"));
        batch.Add(new([1], IsText: false));
        var calls = 0;
        var wire = batch.Wire(Encode);
        Assert.Same(wire.Bytes, batch.Wire(Encode).Bytes);
        Assert.Equal((1, 2), (calls, wire.Framed));
        Assert.Equal("8103" + Convert.ToHexString("one"u8) + "820101", Convert.ToHexString(wire.Bytes));

        byte[] Encode(FrameBatch given)
        {
            calls++;
            return BatchFrames.Write(given);
        }
    }

    [Fact]
    public void WhoJoinsGetsNothingThatWasSentBefore()
    {
        var room = new Room(new(TenantId.Default, "r"), new(), "e");
        var (early, late) = (new RoomProbe("a"), new RoomProbe("b"));
        room.Join(new(early, false), null, Start);
        room.Publish(null, Text("before"), Start);
        room.Join(new(late, false), null, Start);
        room.Members.Deliver();
        Assert.Equal(["before"], early.Rest());
        Assert.Empty(late.Rest());
    }

    [Fact]
    public void MuchIsDeliveredWithoutWaitingForMore()
    {
        var room = new Room(new(TenantId.Default, "r"), new(), "e");
        var member = new RoomProbe("a");
        room.Join(new(member, false), null, Start);
        room.Publish(null, new(new byte[40_000]), Start);
        Assert.Single(member.Rest());
    }

    [Fact]
    public void MembersLeaveInAnyOrderAndOnce()
    {
        var room = new Room(new(TenantId.Default, "r"), new() { Echo = false }, "e");
        var members = Enumerable.Range(0, 5).Select(i => new RoomMember(new RoomProbe("m" + i), false)).ToList();
        foreach (var member in members) room.Join(member, null, Start);
        room.Publish(members[1], Text("mine"), Start);
        Assert.True(room.Leave(members[1]));
        Assert.False(room.Leave(members[1]));
        Assert.True(room.Leave(members[4]));
        room.Members.Deliver();
        Assert.Equal([1, 0, 1, 1, 0], members.Select(member => ((RoomProbe)member.Connection).Rest().Count));
        Assert.Equal(3, room.Members.Count);
    }

    [Theory]
    [InlineData(3, 1000, 60, new[] { 3, 4, 5 })]
    [InlineData(100, 160, 60, new[] { 3, 4, 5 })]
    [InlineData(100, 1000, 2, new[] { 4, 5 })]
    public void AHistoryIsBoundedInMessagesBytesAndTime(int messages, int bytes, int seconds, int[] kept)
    {
        var log = new RoomLog(new() { HistoryMessages = messages, HistoryBytes = bytes, HistoryTime = TimeSpan.FromSeconds(seconds) }, "e");
        for (var i = 1; i <= 5; i++)
        {
            var made = log.Add(Text(i.ToString(System.Globalization.CultureInfo.InvariantCulture)), new(TimeSpan.FromSeconds(i)), out var position);
            Assert.Equal(new("e", i), position);
            Assert.InRange(made.Length, 44, 53);
        }

        Turn now = new(TimeSpan.FromSeconds(5.5));
        Assert.Equal(
            kept.Select(i => $$"""{"type":"message","position":"e-{{i}}","text":"{{i}}"}"""),
            log.Since(new("e", kept[0] - 1), now)!.Select(frame => Encoding.UTF8.GetString(frame.Bytes)));
        Assert.Null(log.Since(new("e", kept[0] - 2), now));
        Assert.Empty(log.Since(new("e", 5), now)!);
        Assert.Null(log.Since(new("e", 6), now));
        Assert.Null(log.Since(new("other", 5), now));
        log.Trim(new(TimeSpan.FromHours(1)));
        Assert.True(log.IsEmpty);
        Assert.Empty(log.Since(new("e", 5), new(TimeSpan.FromHours(1)))!);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "anything", true)]
    [InlineData("chat-*", "chat-", true)]
    [InlineData("chat-*", "chat-a", true)]
    [InlineData("chat-*", "chat", false)]
    [InlineData("*-log", "a-log-log", true)]
    [InlineData("*-log", "a-log-x", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("exact", "exact", true)]
    [InlineData("exact", "exactly", false)]
    [InlineData("Chat-*", "chat-a", false)]
    public void AStarStandsForAnyText(string match, string name, bool fits) => Assert.Equal(fits, new RoomPattern(match, new()).Matches(name));

    [Fact]
    public void TheMostExactPatternCounts()
    {
        var options = new RoomOptions([new("*", new() { HistoryMessages = 1 }), new("chat-*", new() { HistoryMessages = 2 }), new("chat-a", new() { HistoryMessages = 3 })], 10);
        Assert.Equal((1, 2, 3), (options.Of("x").HistoryMessages, options.Of("chat-b").HistoryMessages, options.Of("chat-a").HistoryMessages));
    }

    [Theory]
    [InlineData("e-0", true)]
    [InlineData("8dfx1-9223372036854775807", true)]
    [InlineData("e-9223372036854775808", false)]
    [InlineData("-1", false)]
    [InlineData("e--1", false)]
    [InlineData("e-", false)]
    [InlineData("e", false)]
    [InlineData("e-+1", false)]
    [InlineData("e-1 ", false)]
    public void APositionIsReadStrictly(string text, bool valid)
    {
        Assert.Equal(valid, RoomPosition.TryParse(text, out var position));
        if (valid) Assert.Equal(text, position.ToString());
    }

    private static Frame Text(string text) => new(Encoding.UTF8.GetBytes(text));
}
