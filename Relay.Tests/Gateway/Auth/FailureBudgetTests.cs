using System.Net;
using Relay.Gateway.Auth.Tokens;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Auth;

/// <summary>What bad tokens may cost before anybody is known.</summary>
public class FailureBudgetTests(AuthRelay asker) : IClassFixture<AuthRelay>
{
    private readonly ManualTime _time = new();

    [Fact]
    public void AnAddressHasSoManyFailuresASecondAndOthersTheirOwn()
    {
        var budget = new FailureBudget(3, _time);
        var (one, other) = (IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(budget.Allows(one));
            budget.Failed(one);
        }

        Assert.False(budget.Allows(one));
        Assert.False(budget.Allows(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.True(budget.Allows(other));
        _time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.True(budget.Allows(one));
    }

    [Fact]
    public void WhoeverHasANetworkHasOneBudget()
    {
        var budget = new FailureBudget(1, _time);
        budget.Failed(IPAddress.Parse("2001:db8:1:2:3::4"));
        Assert.False(budget.Allows(IPAddress.Parse("2001:db8:1:2:ffff::1")));
        Assert.True(budget.Allows(IPAddress.Parse("2001:db8:1:3::1")));
    }

    [Fact]
    public void AddressesWithoutEndTakeNoMemoryWithoutEnd()
    {
        var budget = new FailureBudget(2, _time);
        for (var i = 0; i < 50_000; i++) budget.Failed(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
        Assert.InRange(budget.Count, 1, 10_001);

        // New ones share what is left, until those that are kept are whole again.
        Assert.False(budget.Allows(IPAddress.Parse("198.51.100.7")));
        _time.Advance(TimeSpan.FromHours(8));
        budget.Failed(IPAddress.Parse("198.51.100.7"));
        Assert.True(budget.Allows(IPAddress.Parse("198.51.100.8")));
        Assert.InRange(budget.Count, 1, 10);
    }

    [Fact]
    public async Task AFloodOfBadSignaturesDoesNotKeepOutWhoIsKnown()
    {
        var mint = new TokenMint();
        await using var relay = await AuthRelay.StartAsync($"auth: {{ mode: token, max_failures_per_second: 5 }}\ntenants: {{ a: {{ auth: {AuthRelay.Auth("a", mint)} }} }}", _time);
        var until = (int)(_time.GetUtcNow().ToUnixTimeSeconds() - TokenMint.Time(0)) + 3600;
        var known = mint.Token("https://a.example", expires: until);
        Assert.Equal((HttpStatusCode.OK, null), await asker.AskAsync(known, "/v1/models", relay: relay));
        for (var i = 0; i < 5; i++)
            Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await asker.AskAsync(new TokenMint().Token("https://a.example", expires: until), "/v1/models", relay: relay));

        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_failures"), await asker.AskAsync(mint.Token("https://a.example", "bob", expires: until), "/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.OK, null), await asker.AskAsync(known, "/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.OK, null), await asker.AskAsync(AuthRelay.Key("a backend"), relay: relay));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((HttpStatusCode.OK, null), await asker.AskAsync(mint.Token("https://a.example", "bob", expires: until), "/v1/models", relay: relay));
    }
}
