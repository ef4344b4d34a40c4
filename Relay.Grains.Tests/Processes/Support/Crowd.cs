using System.Collections;
using System.Text.Json;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Many clients.</summary>
internal sealed class Crowd : IReadOnlyList<ClusterClient>, IAsyncDisposable
{
    // As many as connect at once.
    private const int Batch = 25;

    private readonly List<ClusterClient> _clients = [];

    public int Count => _clients.Count;

    public ClusterClient this[int index] => _clients[index];

    /// <summary>Joins so many clients; a function says where and as whom.</summary>
    public static async Task<Crowd> JoinAsync(int count, Func<int, (NodeProcess Gateway, string User)> who)
    {
        var crowd = new Crowd();
        try
        {
            foreach (var batch in Enumerable.Range(0, count).Select(who).Chunk(Batch))
                crowd._clients.AddRange(await Task.WhenAll(batch.Select(static one => ClusterClient.JoinAsync(one.Gateway, one.User))));
            return crowd;
        }
        catch
        {
            await crowd.DisposeAsync();
            throw;
        }
    }

    public static Crowd Of(IEnumerable<ClusterClient> clients)
    {
        var crowd = new Crowd();
        crowd._clients.AddRange(clients);
        return crowd;
    }

    /// <summary>Awaits that a gateway lists the hubs of exactly these clients, each with exactly these connections.</summary>
    public static async Task<Dictionary<string, JsonElement>> ListedAsync(NodeProcess gateway, IEnumerable<ClusterClient> clients)
    {
        var expected = clients.GroupBy(static client => client.User).ToDictionary(
            static user => user.Key, static user => user.Select(static client => client.ConnectionId).Order(StringComparer.Ordinal).ToArray());
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var hubs = await ProcessCluster.HubsAsync(gateway);
            var wrong = expected.Where(user => !ProcessCluster.Connections(hubs, user.Key).SequenceEqual(user.Value)).Select(static user => user.Key)
                .Concat(hubs.Keys.Where(user => !expected.ContainsKey(user) && ProcessCluster.Connections(hubs, user).Length > 0)).ToList();
            if (wrong.Count == 0) return hubs;
            // Hubs report to their directory by themselves; no event tells a client of it.
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Journal.Patience, $"Not listed as they are: {string.Join(' ', wrong.Take(20))}");
        }
    }

    public IEnumerator<ClusterClient> GetEnumerator() => _clients.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
    }
}
