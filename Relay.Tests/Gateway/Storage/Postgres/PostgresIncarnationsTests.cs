using Relay.Gateway.Storage.Postgres;

namespace Relay.Tests.Gateway.Storage.Postgres;

public sealed class PostgresIncarnationsTests
{
    private const long Second = 1_000_000;

    private readonly SettableTime _time = new();

    [Fact]
    public void EachIsHigherThanTheOneBeforeItAlsoWhileTheClockStands()
    {
        var source = Source(1, 50 * Second);

        var given = Enumerable.Range(0, 1000).Select(_ => source.Next()).ToArray();

        Assert.Equal(given.Order().Distinct(), given);
        Assert.True(given[0] > 0);
    }

    [Fact]
    public void AUserWhoMovesToAnotherProcessAndBackMeetsHigherOnes()
    {
        var here = Source(1, 50 * Second);
        _time.Advance(TimeSpan.FromSeconds(100));
        var there = Source(2, 150 * Second);

        var first = here.Next();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var second = there.Next();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var third = here.Next();

        Assert.True(first < second && second < third);
    }

    [Fact]
    public void TwoProcessesNeverGiveTheSame()
    {
        var here = Source(7, 50 * Second);
        var there = Source(8, 50 * Second);

        Assert.Empty(Enumerable.Range(0, 100).Select(_ => here.Next()).Intersect(Enumerable.Range(0, 100).Select(_ => there.Next())));
    }

    [Fact]
    public void AnAnswerCorrectsAClockThatLagsOrLeads()
    {
        var exact = Source(1, 50 * Second).Next();
        foreach (var wrong in (long[])[20 * Second, 90 * Second])
        {
            var source = Source(1, wrong);
            source.Observe(_time.GetTimestamp(), _time.GetTimestamp(), 50 * Second);
            Assert.Equal(exact, source.Next());
        }
    }

    [Fact]
    public void ASlowAnswerDoesNotSpoilWhatAQuickOneTold()
    {
        var quick = Source(1, 50 * Second);
        var slow = Source(1, 50 * Second);
        var sent = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(4));

        // The server looked at its clock right after the question; the answer took four seconds.
        slow.Observe(sent, _time.GetTimestamp(), 50 * Second);

        Assert.Equal(quick.Next(), slow.Next());
    }

    [Fact]
    public void WhatAnotherProcessHasGivenIsPassed()
    {
        var ahead = Source(9, 5000 * Second).Next();
        var source = Source(1, 50 * Second);

        source.Observe(ahead);

        Assert.True(source.Next() > ahead);
    }

    private PostgresIncarnations Source(long process, long clock)
    {
        var source = new PostgresIncarnations(_time, process);
        source.Observe(_time.GetTimestamp(), _time.GetTimestamp(), clock);
        return source;
    }
}
