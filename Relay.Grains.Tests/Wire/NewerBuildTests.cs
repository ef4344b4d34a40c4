using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Relay.Core.Answers;
using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Grains.Wire;
using ErrorCode = Relay.Core.Errors.ErrorCode;

namespace Relay.Grains.Tests.Wire;

/// <summary>What a newer build says that this one does not know, and what an older one leaves out.</summary>
public sealed class NewerBuildTests
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void AnUnknownErrorClosesLikeAStop()
    {
        Assert.Equal(ErrorCode.GoingAway, Known.Error(10_000));
        Assert.Equal(ErrorCode.MaxConnectionsReached, Known.Error((int)ErrorCode.MaxConnectionsReached));
        Assert.Equal(CloseReason.GoingAway, Known.Close(10_000));
        Assert.Equal(CloseReason.GoingAway, new TrunkPart(6, 1, 2, null, 0, false, 0, 0, 10_000, null).ToItem().Reason);
        Assert.Equal(CallRefusal.Busy, Known.Refusal(-1));
        Assert.Equal(AnswerPhase.Running, Known.Phase(10_000));
    }

    [Fact]
    public void AnUnknownEventCountsAsMissed()
    {
        EventItem[] events = [new("u", 0, "c", 1, "1", default, null, null, 0, 0, null), new("u", 10_000, "c", 1, "2", default, null, null, 0, 0, null)];
        var batch = new EventPage("t", "p", 3, events).ToBatch();
        Assert.Equal((4, "1"), (batch.Missed, Assert.Single(batch.Events).Id));
    }

    [Fact]
    public void AFieldOfANewerBuildIsPassedOver()
    {
        var written = Serializer.SerializeToArray(new NewerReply(7, true, ["a"], new(1, ["g"]), "b"));
        Assert.Equal(new RouteReply(7, true), Serializer.Deserialize<RouteReply>(written));
    }

    [Fact]
    public void AFieldThatAnOlderBuildLeavesOutIsNothing()
    {
        var read = Serializer.Deserialize<NewerReply>(Serializer.SerializeToArray(new RouteReply(7, true)));
        Assert.NotNull(read);
        Assert.Equal((7, true), (read.Error, read.IsNew));
        Assert.Null(read.More);
        Assert.Null(read.Groups);
    }

    /// <summary><see cref="RouteReply"/> of a build to come. What is expected is written without its name, so that the one can be read as the other.</summary>
    [Orleans.GenerateSerializer, Orleans.Immutable, Orleans.Alias("relay.NewerReply")]
    internal sealed record NewerReply([property: Orleans.Id(0)] int? Error, [property: Orleans.Id(1)] bool IsNew, [property: Orleans.Id(2)] string[]? More, [property: Orleans.Id(3)] GroupSet? Groups, [property: Orleans.Id(4)] string? Last);
}
