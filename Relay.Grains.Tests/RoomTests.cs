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
        // The successor learns of it as the lost hub did, by the first that is too many.
        Assert.Equal("t_said", (await slow.AskAsync("t_say", "first again")).Outcome());
        Assert.Equal("t_said", (await quick.AskAsync("t_say", "q0")).Outcome());
        slow.Send("t_say", "held");
        Assert.Equal("t_said", (await quick.AskAsync("t_say", "q1")).Outcome());
        Assert.DoesNotContain(slow.Connection.Frames, frame => frame.Contains("held"));
        slow.Connection.Drain();
        Assert.Equal("t_said", (await slow.Connection.AnswerAsync("held")).Outcome());
        Assert.Equal("t_said", (await slow.AskAsync("t_say", "after")).Outcome());
    }
}
