using Relay.Core;
using Relay.Core.Answers;

namespace Relay.Tests.Rules;

/// <summary>Answers that are kept for back ends.</summary>
public sealed class AnswerTableTests
{
    private readonly AnswerTable _table = new(new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), 3, 1 << 20), 5);

    [Fact]
    public void AnAnswerIsKeptForTheWindowAndThenForgotten()
    {
        var begun = _table.Begin("k", "r", At(0));
        _table.Complete("k", begun.Number, new(204, []));
        Assert.Equal(204, _table.Begin("k", "r", At(599)).Answer!.Status);
        Assert.Equal(AnswerPhase.Fresh, _table.Begin("k", "r", At(600)).Phase);
        _table.Expire(At(2000));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void WhoeverRunsForTooLongIsSucceededAndNotHeard()
    {
        var lost = _table.Begin("k", "r", At(0));
        Assert.Equal(AnswerPhase.Running, _table.Begin("k", "r", At(59)).Phase);
        var next = _table.Begin("k", "r", At(60));
        Assert.Equal(AnswerPhase.Fresh, next.Phase);
        _table.Complete("k", lost.Number, new(200, [1]));
        _table.GiveUp("k", lost.Number);
        Assert.Equal(AnswerPhase.Running, _table.Begin("k", "r", At(61)).Phase);
        _table.Complete("k", next.Number, new(200, [2]));
        Assert.Equal([2], _table.Begin("k", "r", At(62)).Answer!.Body);
        // It has been answered: it cannot be given up any more.
        _table.GiveUp("k", next.Number);
        Assert.Equal(AnswerPhase.Known, _table.Begin("k", "r", At(63)).Phase);
        // What the first one left in the queue does not end the second one's time.
        Assert.Equal(AnswerPhase.Known, _table.Begin("k", "r", At(600)).Phase);
        Assert.Equal(AnswerPhase.Fresh, _table.Begin("k", "r", At(660)).Phase);
    }

    [Fact]
    public void AKeyTooManyIsRefusedAndNoneIsForgottenForIt()
    {
        foreach (var key in (string[])["a", "b", "c"]) Assert.Equal(AnswerPhase.Fresh, _table.Begin(key, "r", At(0)).Phase);
        Assert.Equal(AnswerPhase.Full, _table.Begin("d", "r", At(1)).Phase);
        Assert.Equal(AnswerPhase.Running, _table.Begin("a", "r", At(1)).Phase);
        _table.GiveUp("b", _table.Begin("b", "r", At(61)).Number);
        Assert.Equal(AnswerPhase.Fresh, _table.Begin("d", "r", At(62)).Phase);
    }

    [Fact]
    public void BytesAreBoundedToo()
    {
        var table = new AnswerTable(new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), 100, 1000), 0);
        var begun = table.Begin("a", "r", At(0));
        table.Complete("a", begun.Number, new(200, new byte[1000]));
        Assert.Equal(AnswerPhase.Full, table.Begin("b", "r", At(0)).Phase);
        Assert.Equal(AnswerPhase.Known, table.Begin("a", "r", At(0)).Phase);
    }

    private static Turn At(double seconds) => new(TimeSpan.FromSeconds(seconds));
}
