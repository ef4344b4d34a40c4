using Relay.Core.Hubs;

namespace Relay.Tests.Rules;

/// <summary>A rate with a burst.</summary>
public class TokenBucketTests
{
    private TokenBucket _bucket;

    [Fact]
    public void ASecondsWorthPassesAtOnceAndThenTheRateHolds()
    {
        Assert.Equal(10, Taken(15, TimeSpan.Zero));
        Assert.Equal(5, Taken(15, TimeSpan.FromSeconds(0.5)));
        Assert.Equal(0, Taken(15, TimeSpan.FromSeconds(0.5)));
        Assert.Equal(10, Taken(15, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void FiveSecondsWorthOfRefusalsPersistUntilTheBucketIsFullAgain()
    {
        Taken(10 + 50, TimeSpan.Zero);
        Assert.False(_bucket.Persists(10));
        Taken(1, TimeSpan.Zero);
        Assert.True(_bucket.Persists(10));
        Taken(1, TimeSpan.FromSeconds(1));
        Assert.False(_bucket.Persists(10));
    }

    private int Taken(int tries, TimeSpan now)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
            if (_bucket.TryTake(10, now)) taken++;
        return taken;
    }
}
