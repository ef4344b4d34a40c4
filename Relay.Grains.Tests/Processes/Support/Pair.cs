namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Alice at one gateway and Bob at the other, introduced to each other, and the two ends of a pipe between them.</summary>
internal sealed record Pair(PeerClient Alice, PeerClient Bob, PeerClient One, PeerClient Other) : IAsyncDisposable
{
    public static async Task<Pair> MeetAsync(NodeProcess first, NodeProcess second, int number)
    {
        var (alice, bob) = (await PeerClient.MeetAsync(first, $"alice{number}"), await PeerClient.MeetAsync(second, $"bob{number}"));
        await alice.JoinAsync($"doc{number}");
        await bob.JoinAsync($"doc{number}");
        Assert.Equal($"bob{number}", await alice.MeetsAsync());
        Assert.Equal($"alice{number}", await bob.MeetsAsync());
        var (one, other) = (await PeerClient.PipeAsync(first, $"alice{number}", $"bob{number}"), await PeerClient.PipeAsync(second, $"bob{number}", $"alice{number}"));
        // An end whose partner has not come yet is closed when it says much, and a silo that is lost may have had the one that waited.
        await Task.WhenAll(one.SendAsync("met"u8.ToArray()), other.SendAsync("met"u8.ToArray()), one.HearsAsync("met"), other.HearsAsync("met"));
        return new(alice, bob, one, other);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in (PeerClient[])[One, Other, Alice, Bob]) await client.DisposeAsync();
    }
}
