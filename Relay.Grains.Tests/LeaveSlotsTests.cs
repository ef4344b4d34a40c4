using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>The hubs of a silo that leaves do not all begin anew at once.</summary>
public sealed class LeaveSlotsTests : ClusterTest
{
    private const int Users = 20;

    private protected override ClusterOptions ClusterOptions => base.ClusterOptions with { LeaveTime = TimeSpan.FromSeconds(2) };

    [Fact]
    public async Task HubsMoveInSlotsAndAreServedWhereTheyAreUntilThen()
    {
        var users = await Cluster.NeighboursAsync(First, new("default"), Users + 1);
        foreach (var user in users) await HearAsync(user, "start", "resume");
        var clients = new Dictionary<string, Client>();
        foreach (var user in users.Skip(1)) clients.Add(user, await JoinAsync(First, user));
        var silo = Cluster.SiloOf(First, User(users[1]));
        var stops = users.ToDictionary(static user => user, user => HeardStopAsync(user));

        var leaving = Cluster.LeaveAsync(silo);
        // Nobody waits for a hub without clients.
        await stops[users[0]].WaitAsync(RecordingConnection.Patience);
        await FirstAsync(Users / 2, clients.Keys.Select(user => stops[user]));
        var later = clients.Where(client => !stops[client.Key].IsCompleted).ToDictionary();
        Assert.Equal(Users / 2, later.Count);
        foreach (var (user, client) in clients)
        {
            Assert.Equal("t_said", (await client.AskAsync("t_say", "r1")).Outcome());
            Assert.Equal(later.ContainsKey(user), Cluster.SiloOf(First, User(user)) == silo);
        }

        Assert.False(leaving.IsCompleted);
        Cluster.Time.Advance(TimeSpan.FromMilliseconds(100));
        await leaving.WaitAsync(RecordingConnection.Patience);
        foreach (var (_, client) in later) Assert.Equal("t_said", (await client.AskAsync("t_say", "r2")).Outcome());
    }

    private async Task HeardStopAsync(string user)
    {
        while (await Probe.HeardAsync("life " + user) != "stop")
        {
            // Its life before.
        }
    }

    private static async Task FirstAsync(int count, IEnumerable<Task> tasks)
    {
        var left = tasks.ToList();
        for (var i = 0; i < count; i++) left.Remove(await Task.WhenAny(left).WaitAsync(RecordingConnection.Patience));
    }
}
