using System.Security.Cryptography;
using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>Peers at two gateways, and kill -9 of a silo under them.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class PeersTests(Servers servers)
{
    private const int Pairs = 20;
    private const int Messages = 200;

    [ProcessFact]
    public async Task PipesAndIntroductionsOfTwoGatewaysOutliveASilo()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        var (killed, first, second) = (nodes[0], nodes[2], nodes[3]);
        var pairs = await Task.WhenAll(Enumerable.Range(0, Pairs).Select(i => Pair.MeetAsync(first, second, i)));

        // Under way on every pipe, both ways, when the silo dies; what arrives is whole and in order.
        var under = Task.WhenAll(pairs.SelectMany(static pair => new[] { TalkAsync(pair.One, pair.Other, 1), TalkAsync(pair.Other, pair.One, 2) }));
        killed.Kill();
        await under;

        // Who was there before is introduced to who comes now, at either gateway, and new pipes are made.
        for (var i = 0; i < Pairs; i++)
        {
            await using var late = await PeerClient.MeetAsync(i % 2 == 0 ? second : first, $"late{i}");
            await late.JoinAsync($"doc{i}");
            await MeetsAsync(pairs[i].Alice, $"late{i}", $"bob{i}");
            await MeetsAsync(pairs[i].Bob, $"late{i}", $"alice{i}");
        }

        await Task.WhenAll(Enumerable.Range(Pairs, Pairs).Select(i => Pair.MeetAsync(first, second, i)));
    }

    // Documents that were lost with the silo introduce their peers to each other once more.
    private static async Task MeetsAsync(PeerClient peer, string comer, string known)
    {
        string met;
        while ((met = await peer.MeetsAsync()) != comer) Assert.Equal(known, met);
    }

    private static async Task TalkAsync(PeerClient from, PeerClient to, int seed)
    {
        var (sending, sent, received) = (new Random(seed), IncrementalHash.CreateHash(HashAlgorithmName.SHA256), IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        using var ownedSent = sent;
        using var ownedReceived = received;
        var sends = SendAllAsync();
        for (var i = 0; i < Messages; i++) received.AppendData((await to.ReceiveAsync() ?? throw new InvalidOperationException($"The pipe was closed after {i} messages: {to.End}")).Span);
        await sends;
        Assert.Equal(Convert.ToHexString(sent.GetHashAndReset()), Convert.ToHexString(received.GetHashAndReset()));

        async Task SendAllAsync()
        {
            for (var i = 0; i < Messages; i++)
            {
                var message = new byte[sending.Next(1, 65536)];
                sending.NextBytes(message);
                sent.AppendData(message);
                await from.SendAsync(message);
            }
        }
    }
}
