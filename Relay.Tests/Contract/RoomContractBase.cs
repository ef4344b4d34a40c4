using System.Text;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>A runtime with rooms of every kind, by their names.</summary>
public abstract class RoomContractBase : RuntimeContract
{
    private protected RoomContractBase() => Options = Options with
    {
        Rooms = new(
            [
                new("history-*", new() { HistoryMessages = 3, HistoryTime = TimeSpan.FromMinutes(1) }),
                new("quiet-*", new() { HistoryMessages = 3, Echo = false }),
                new("shown-*", new() { Presence = true }),
                new("news-*", new() { ReceiveOnly = true }),
            ],
            4),
    };

    private protected static Frame Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private protected static RoomKey Room(string name) => new(TenantId.Default, name);

    private protected async Task<(RoomProbe Probe, RoomLink Link)> EnterAsync(string room, string id, RoomJoin join = default, string userId = "")
    {
        var probe = new RoomProbe(id, userId);
        var (link, error) = await Runtime.Rooms.JoinAsync(Room(room), probe, join).AsTask().WaitAsync(RecordingConnection.Patience);
        Assert.Null(error);
        return (probe, link!);
    }

    private protected async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 100_000 && !await condition(); i++) await Host.SettleAsync();
        Assert.True(await condition());
    }
}
