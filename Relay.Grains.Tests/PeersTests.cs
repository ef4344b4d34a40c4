using System.Security.Cryptography;
using Relay.Core;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>Peers at two gateways.</summary>
public sealed class PeersTests : ClusterTest
{
    [Fact]
    public async Task PeersAtTwoGatewaysAreIntroducedOnce()
    {
        var (alice, bob, carol) = (Peer(First, "alice"), Peer(Second, "bob"), Peer(Second, "carol"));
        await alice.JoinAsync("x", "y");
        await bob.JoinAsync("y", "x");
        Assert.Equal("alice x,y", await bob.MeetsAsync());
        Assert.Equal("bob x,y", await alice.MeetsAsync());
        await carol.JoinAsync("y");
        Assert.Equal("carol y", await alice.MeetsAsync());
        Assert.Equal("carol y", await bob.MeetsAsync());
        Assert.Equal(["alice y", "bob y"], new[] { await carol.MeetsAsync(), await carol.MeetsAsync() }.Order());
        Assert.Equal((0, 0), (alice.Unread, bob.Unread));
    }

    [Fact]
    public async Task APipeBetweenTwoGatewaysCarriesBytesUnchangedAndInOrder()
    {
        var (one, other) = (PipeEndRecorder.Connect(First, "a", "b", "doc"), new Digest());
        var (pipe, isSecond) = PipeKey.Of(TenantId.Default, "b", "a", "doc");
        Second.Peers.Connect(pipe, isSecond, other);
        var partner = await one.PartnerAsync();
        var random = new Random(11);
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var whole = 0;
        for (var i = 0; i < 400; i++)
        {
            var bytes = new byte[random.Next(1, 65536)];
            random.NextBytes(bytes);
            sent.AppendData(bytes);
            whole += bytes.Length;
            partner.Send(new Frame(bytes, IsText: false) { Framed = -1, EndsInside = i % 2 == 0 }, new(0, bytes.Length));
        }

        await one.ReturnedAsync(new(0, whole));
        partner.Finish();
        Assert.Equal(Convert.ToHexString(sent.GetHashAndReset()), await other.WholeAsync());
    }

    [Fact]
    public async Task CreditComesBackOnlyWhenTheOtherGatewayHasPassedTheBytesOn()
    {
        var (one, other) = (PipeEndRecorder.Connect(First, "a", "b", "doc"), PipeEndRecorder.Connect(Second, "b", "a", "doc"));
        other.IsStuck = true;
        (await one.PartnerAsync()).Send(PipeEndRecorder.Piece("held up"), new(1, 7));
        Assert.Equal("held up", await other.NextAsync());
        other.IsStuck = false;
        (await one.PartnerAsync()).Send(PipeEndRecorder.Piece("passed"), new(1, 6));
        await one.ReturnedAsync(new(1, 6));
        (await other.PartnerAsync()).Passed(new(1, 7));
        await one.ReturnedAsync(new(1, 7));
    }

    [Fact]
    public async Task WhoWaitsOutlivesTheSiloThatKnewOfIt()
    {
        var waits = PipeEndRecorder.Connect(First, "a", "b", "doc");
        var alice = Peer(First, "alice");
        await alice.JoinAsync("x");
        foreach (var silo in Cluster.Silos.Skip(1).ToList()) await Cluster.LeaveAsync(silo);
        var other = PipeEndRecorder.Connect(Second, "b", "a", "doc");
        (await other.PartnerAsync()).Send(PipeEndRecorder.Piece("hello"), Credit.None);
        Assert.Equal("hello", await waits.NextAsync());
        var bob = Peer(Second, "bob");
        await bob.JoinAsync("x");
        Assert.Equal("bob x", await alice.MeetsAsync());
        Assert.Equal("alice x", await bob.MeetsAsync());
    }

    [Fact]
    public async Task WhenAGatewayIsLostItsPipesEndAndItsPeersAreForgotten()
    {
        var (kept, lost) = (PipeEndRecorder.Connect(First, "a", "b", "doc"), PipeEndRecorder.Connect(Second, "b", "a", "doc"));
        await kept.PartnerAsync();
        await lost.PartnerAsync();
        await Peer(Second, "bob").JoinAsync("x");
        Second.Dispose();
        await kept.FinishedAsync();
        var alice = Peer(First, "alice");
        await Eventually.Async(async () =>
        {
            await alice.JoinAsync("x");
            var met = alice.Unread;
            while (alice.Unread > 0) await alice.MeetsAsync();
            return met == 0;
        });
        Assert.NotEmpty(Cluster.Logged.Of(7003));
    }

    private static PeerClient Peer(IRelayRuntime gateway, string peerId) => new(gateway, new(TenantId.Default, peerId));

    /// <summary>An end that keeps only a digest of what it is sent.</summary>
    private sealed class Digest : IPipeEnd
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly TaskCompletionSource<IPipeEnd> _partner = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<string> _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> WholeAsync() => _whole.Task.WaitAsync(RecordingConnection.Patience);

        public void Pair(IPipeEnd other) => _partner.TrySetResult(other);

        public void Send(Frame piece, Credit credit)
        {
            _hash.AppendData(piece.Bytes);
            _ = ReturnAsync(credit);
        }

        public void Passed(Credit credit)
        {
        }

        public void Finish() => _whole.TrySetResult(Convert.ToHexString(_hash.GetHashAndReset()));

        public void Close(Core.Errors.CloseReason reason) => _whole.TrySetResult($"closed {reason}");

        private async Task ReturnAsync(Credit credit) => (await _partner.Task).Passed(credit);
    }
}
