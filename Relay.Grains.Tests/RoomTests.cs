using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>Clients that do not read, with a hub that is elsewhere.</summary>
public sealed class RoomTests : ClusterTest
{
    [Fact]
    public async Task AHubWaitsOnceTheOutboxIsFullAndGoesOnWhenThereIsRoomAgainAndAgain()
    {
        var slow = await JoinAsync(First);
        var quick = await JoinAsync(First, id: "c2");
        for (var round = 0; round < 5; round++)
        {
            slow.Connection.Fill();
            // The hub learns of it by the first answer that is too many.
            Assert.Equal("t_said", (await slow.AskAsync("t_say", $"first{round}")).Outcome());
            Assert.Equal("t_said", (await quick.AskAsync("t_say", $"a{round}")).Outcome());
            for (var i = 0; i < 3; i++) slow.Send("t_say", $"held{round}.{i}");
            Assert.Equal("t_said", (await quick.AskAsync("t_say", $"b{round}")).Outcome());
            Assert.DoesNotContain(slow.Connection.Frames, frame => frame.Contains($"held{round}"));
            slow.Connection.Drain();
            for (var i = 0; i < 3; i++) Assert.Equal("t_said", (await slow.Connection.AnswerAsync($"held{round}.{i}")).Outcome());
        }

        Assert.Equal(20, slow.Connection.Returned.Messages);
    }

    [Fact]
    public async Task AnOutboxThatWasFullWhenItsSiloWasLostHoldsUpTheSuccessorToo()
    {
        var slow = await JoinAsync(First);
        slow.Connection.Fill();
        await slow.AskAsync("t_say", "first");
        await Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
        var quick = await JoinAsync(Second, id: "c2");
        // The successor learns of it as the lost hub did, by what is too many; the first may pass, and one sent to the lost silo has an unknown outcome.
        var (held, sent) = ("", 0);
        await Eventually.Async(async () =>
        {
            held = $"held{sent++}.";
            slow.Send("t_say", held);
            Assert.Equal("t_said", (await quick.AskAsync("t_say", $"behind {held}")).Outcome());
            return !slow.Connection.Frames.Any(frame => frame.Contains(held));
        });
        slow.Connection.Drain();
        Assert.Contains((await slow.Connection.AnswerAsync(held)).Outcome(), sent == 1 ? (string[])["t_said", "outcome_unknown"] : ["t_said"]);
        Assert.Equal("t_said", (await slow.AskAsync("t_say", "after")).Outcome());
    }
}
