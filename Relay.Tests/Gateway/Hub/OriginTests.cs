using System.Collections.Immutable;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Which pages may connect: those of the relay's own origin and those that the settings allow.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("http://127.0.0.1:PORT", 101)]
    [InlineData("https://127.0.0.1:PORT", 101)]
    [InlineData("http://127.0.0.1:1", 403)]
    [InlineData("http://127.0.0.1", 403)]
    [InlineData("http://evil.example", 403)]
    [InlineData("http://evil.example/http://127.0.0.1:PORT", 403)]
    [InlineData("http://127.0.0.1:PORT.evil.example", 403)]
    [InlineData("http://evil@127.0.0.1:PORT", 403)]
    [InlineData("null", 403)]
    [InlineData("", 403)]
    public async Task ByDefaultOnlyTheRelaysOwnPagesConnect(string origin, int status)
    {
        await using var relay = await RelayServer.StartAsync();

        Assert.Equal(status, await AskAsync(relay, origin));
    }

    [Fact]
    public async Task WhoIsNoPageSendsNoOriginAndConnects()
    {
        await using var relay = await RelayServer.StartAsync();

        await relay.JoinAsync();
    }

    [Theory]
    [InlineData("https://app.example", 101)]
    [InlineData("https://APP.example", 101)]
    [InlineData("http://app.example", 403)]
    [InlineData("https://app.example:8443", 403)]
    [InlineData("https://app.example.evil.example", 403)]
    [InlineData("http://127.0.0.1:PORT", 101)]
    [InlineData("null", 403)]
    public async Task AllowedOriginsAreCompletePartners(string origin, int status)
    {
        await using var relay = await StartAsync("https://app.example", "https://second.example");

        Assert.Equal(status, await AskAsync(relay, origin));
        Assert.Equal(101, await AskAsync(relay, "https://second.example"));
    }

    [Theory]
    [InlineData("http://anything.example")]
    [InlineData("null")]
    public async Task AStarAllowsEveryPage(string origin)
    {
        await using var relay = await StartAsync("*");

        Assert.Equal(101, await AskAsync(relay, origin));
    }

    [Fact]
    public async Task TwoOriginsAreNone()
    {
        await using var relay = await StartAsync("https://app.example");

        var client = await relay.TryConnectAsync("/ws?user_id=alice", ("Origin", "https://app.example"), ("Origin", "https://app.example"));

        Assert.Equal(403, client.Status);
    }

    private static Task<RelayServer> StartAsync(params ImmutableArray<string> allowed) =>
        RelayServer.StartAsync(settings => settings with { Server = settings.Server with { AllowedOrigins = allowed } });

    private static async Task<int> AskAsync(RelayServer relay, string origin) =>
        (await relay.TryConnectAsync("/ws?user_id=alice", ("Origin", origin.Replace("PORT", $"{relay.Port}", StringComparison.Ordinal)))).Status;
}
