using Relay.Core.Rooms;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Rooms;

/// <summary>A relay with rooms of every kind, by their names; as a fixture, one for a whole class.</summary>
public sealed class RoomServer : IAsyncLifetime
{
    private RelayServer? _relay;

    internal RelayServer Relay => _relay ?? throw new InvalidOperationException("Not started yet.");

    public async Task InitializeAsync() => _relay = await StartAsync();

    public async Task DisposeAsync() => await Relay.DisposeAsync();

    internal static Task<RelayServer> StartAsync(Func<RelayRoomsOptions, RelayRoomsOptions>? change = null, TimeProvider? time = null, Func<RelaySettings, RelaySettings>? settings = null) =>
        RelayServer.StartAsync(
            all =>
            {
                var rooms = new RelayRoomsOptions();
                rooms = rooms with
                {
                    Patterns = rooms.Patterns
                        .Add("history", new("history-*", new RoomPolicy { HistoryMessages = 100 }))
                        .Add("shown", new("shown-*", new RoomPolicy { Presence = true }))
                        .Add("news", new("news-*", new RoomPolicy { ReceiveOnly = true })),
                };
                all = all with { Rooms = change?.Invoke(rooms) ?? rooms };
                return settings?.Invoke(all) ?? all;
            },
            time: time);
}

internal static class RoomClientExtensions
{
    /// <summary>The next frame must be this message.</summary>
    public static async Task ExpectTextAsync(this RawWebSocketClient client, string text)
    {
        var frame = await client.ReceiveAsync();
        Assert.Equal((Relay.WebSockets.Opcode.Text, text), (frame.Opcode, frame.Text));
    }

    /// <summary>The member's own message comes back: it is a member, and the room works.</summary>
    public static async Task ExpectMemberAsync(this RawWebSocketClient client, string mark = "are you there")
    {
        await client.SendTextAsync(mark);
        await client.ExpectTextAsync(mark);
    }
}
