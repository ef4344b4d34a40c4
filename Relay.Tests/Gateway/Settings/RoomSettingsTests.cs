using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class RoomSettingsTests
{
    [Fact]
    public void APatternHasTheDefaultsOfWhatItDoesNotName()
    {
        var rooms = new Loading
        {
            Yaml = "rooms:\n  max_rooms: 7\n  patterns:\n    chat: { match: 'chat-*', history_messages: 50, history_time: 1h, presence: true }\n    default: { echo: false }",
            Args = ["--rooms:patterns:chat:history_bytes", "2048"],
        }.Settings().Rooms;
        var options = RoomSettings.Options(rooms);
        Assert.Equal(7, options.MaxRooms);
        Assert.Equal(new() { HistoryMessages = 50, HistoryTime = TimeSpan.FromHours(1), HistoryBytes = 2048, Presence = true }, options.Of("chat-1"));
        Assert.Equal(new() { Echo = false }, options.Of("other"));
    }

    [Fact]
    public void APatternThatNamesNoMatchIsForTheRoomOfItsName() =>
        Assert.True(RoomSettings.Options(Loading.SettingsOf("rooms: { patterns: { news: { receive_only: true } } }").Rooms).Of("news").ReceiveOnly);

    [Theory]
    [InlineData("rooms: { patterns: { chat: { histroy_messages: 5 } } }", "rooms.patterns.chat.histroy_messages: unknown key")]
    [InlineData("rooms: { patterns: { chat: { history_messages: -1 } } }", "rooms.patterns.chat.history_messages: must be a whole number from 0 to 100000")]
    [InlineData("rooms: { patterns: { chat: { match: '' } } }", "rooms.patterns.chat.match: must be 1 to 256 bytes")]
    [InlineData("rooms: { patterns: { 'chat-*': { presence: true } } }", "rooms.patterns.chat-*.presence: a pattern's name is")]
    [InlineData("rooms: { patterns: { chat: true } }", "rooms.patterns.chat: unknown key")]
    [InlineData("rooms: { patterns: [a] }", "rooms.patterns: must be a map of settings")]
    [InlineData("rooms: { outbox_bytes: 2000 }", "rooms.outbox_bytes: must be at least rooms.max_message_bytes (65536)")]
    public void FaultsAreNamed(string yaml, string fault) => Assert.StartsWith("relay.yaml:1: " + fault, Assert.Single(Loading.FaultsOf(yaml)));

    [Fact]
    public void AHistoryThatCouldNotBeSentAgainIsAFault()
    {
        var fault = Assert.Single(Loading.FaultsOf("rooms: { patterns: { chat: { match: a, history_messages: 5, history_bytes: 600000 } } }"));
        Assert.Contains("of chat is 600000, more than half of rooms.outbox_bytes (1048576)", fault);
        Assert.Equal(600000, Loading.SettingsOf("rooms: { patterns: { chat: { match: a, history_bytes: 600000 } } }").Rooms.Patterns["chat"].Policy.HistoryBytes);
    }
}
