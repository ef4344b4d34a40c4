using Relay.Core.Limits;

namespace Relay.Tests.Rules;

/// <summary>A token bucket of one word, and the account that is made of them.</summary>
public class RateLimitTests
{
    private RateLimit _bucket;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(999)]
    [InlineData(100_000)]
    public void ASecondsWorthPassesAtOnceAndThenTheRateHolds(int rate)
    {
        var start = TimeSpan.FromDays(90);
        Assert.Equal(rate, Taken(rate + 5, rate, start));
        Assert.Equal(rate, Taken(rate + 5, rate, start + TimeSpan.FromSeconds(1)));
        Assert.Equal(0, Taken(1, rate, start + TimeSpan.FromSeconds(1)));
        Assert.Equal(rate, Taken(rate + 5, rate, start + TimeSpan.FromHours(1)));
    }

    [Fact]
    public void WhatIsRefusedCostsNothing()
    {
        Taken(10, 10, TimeSpan.Zero);
        Taken(1000, 10, TimeSpan.Zero);
        Assert.Equal(1, Taken(5, 10, TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public void WhatWasMovedIsWaitedForAndPaid()
    {
        Assert.Equal(TimeSpan.Zero, _bucket.Take(1000, 1000, TimeSpan.Zero));
        Assert.Equal(2, _bucket.Take(2000, 1000, TimeSpan.Zero).TotalSeconds, 6);
        Assert.Equal(1, _bucket.Take(0, 1000, TimeSpan.FromSeconds(1)).TotalSeconds, 6);
        Assert.False(_bucket.TryTake(1, 1000, TimeSpan.FromSeconds(1.5)));
        Assert.True(_bucket.TryTake(1, 1000, TimeSpan.FromSeconds(2.5)));
    }

    [Fact]
    public void ABucketIsWholeAgainAfterASecond()
    {
        Assert.True(_bucket.IsWhole(TimeSpan.Zero));
        Taken(10, 10, TimeSpan.Zero);
        Assert.False(_bucket.IsWhole(TimeSpan.FromSeconds(0.9)));
        Assert.True(_bucket.IsWhole(TimeSpan.FromSeconds(1.1)));
    }

    [Fact]
    public void ARateThatChangesCountsFromThenOn()
    {
        Taken(10, 10, TimeSpan.Zero);
        Assert.Equal(500, Taken(2000, 1000, TimeSpan.FromSeconds(0.5)));
    }

    [Fact]
    public void ManyThreadsTogetherTakeExactlyWhatIsThere()
    {
        var account = new LimitAccount(new(Connections: 1000, MessagesPerSecond: 10_000));
        var (messages, open) = (0, 0);
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 5000; i++)
            {
                if (account.TryTakeMessage(TimeSpan.FromSeconds(5))) Interlocked.Increment(ref messages);
                if (account.TryOpen()) Interlocked.Increment(ref open);
            }
        });

        Assert.Equal(10_000, messages);
        Assert.Equal(1000, open);
    }

    [Fact]
    public void AnAccountWithoutLimitsRefusesNothingAndIsForgotten()
    {
        var account = new LimitAccount(SubjectLimits.None);
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(account.TryConnect(TimeSpan.Zero, out var retryAfter));
            Assert.Equal(TimeSpan.Zero, retryAfter);
            Assert.True(account.TryOpen());
            Assert.True(account.TryTakeMessage(TimeSpan.Zero));
            Assert.Equal(TimeSpan.Zero, account.Take(1000, 1L << 40, TimeSpan.Zero));
        }

        Assert.False(account.IsWhole(TimeSpan.Zero));
        for (var i = 0; i < 1000; i++) account.Close();
        Assert.True(account.IsWhole(TimeSpan.Zero));
    }

    [Fact]
    public void ALimitThatShrinksClosesNothingAndLetsNobodyInUntilThereIsRoom()
    {
        var account = new LimitAccount(new(Connections: 3));
        Assert.True(account.TryOpen() && account.TryOpen() && account.TryOpen());
        account.Limits = new(Connections: 2);
        account.Close();
        Assert.False(account.TryOpen());
        account.Close();
        Assert.True(account.TryOpen());
    }

    [Fact]
    public void WhoConnectsTooOftenIsToldWhenToComeAgain()
    {
        var account = new LimitAccount(new(ConnectsPerSecond: 2));
        Assert.True(account.TryConnect(TimeSpan.Zero, out _) && account.TryConnect(TimeSpan.Zero, out _));
        Assert.False(account.TryConnect(TimeSpan.Zero, out var retryAfter));
        Assert.Equal(0.5, retryAfter.TotalSeconds, 6);
        Assert.True(account.TryConnect(retryAfter, out _));
    }

    private int Taken(int tries, int rate, TimeSpan now)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
            if (_bucket.TryTake(1, rate, now)) taken++;
        return taken;
    }
}
