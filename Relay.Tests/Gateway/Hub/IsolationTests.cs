using System.Text.Json;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Ids that look alike are different users: neither sees the other's pushes, places or sessions.</summary>
public sealed class IsolationTests(HubServer server) : IClassFixture<HubServer>
{
    public static TheoryData<string, string> Twins => new()
    {
        { "alice", "Alice" },
        { "straße", "strasse" },
        { "STRASSE", "STRAßE" },
        { "i", "ı" },
        { "caf\u00e9", "cafe\u0301" },
        { "\u212b", "\u00c5" },
        { "a/b", "a%2Fb" },
        { "a/b", "a:b" },
        { "a", "a " },
        { "a", "a\u200b" },
        { "default/a", "a" },
        { "a\n", "a" },
    };

    [Theory]
    [MemberData(nameof(Twins))]
    public Task TwinUsersAreTwo(string one, string other) => ExpectApartAsync(("/ws", one), ("/ws", other));

    [Theory]
    [InlineData("default", "acme")]
    [InlineData("acme", "ACME")]
    [InlineData("a/b", "a%2Fb")]
    public Task TheSameUserInTwoTenantsIsTwo(string one, string other) =>
        ExpectApartAsync(($"/t/{Uri.EscapeDataString(one)}/ws", "same"), ($"/t/{Uri.EscapeDataString(other)}/ws", "same"));

    // Joined with any separator, these two would be one key.
    [Fact]
    public Task ATenantAndAUserThatShareASeparatorAreTwo() => ExpectApartAsync(("/t/x%2Fy/ws", "z"), ("/t/x/ws", "y/z"));

    [Fact]
    public async Task TheDefaultTenantHasTwoAddresses()
    {
        var user = Guid.NewGuid().ToString();
        await server.Relay.JoinAsync(user);

        var (_, welcome) = await server.Relay.JoinAsync(user, "/t/default/ws");

        Assert.Equal(2, welcome.GetProperty("client_count").GetInt32());
    }

    private async Task ExpectApartAsync((string Path, string User) one, (string Path, string User) other)
    {
        var first = await JoinAsync(one);
        var second = await JoinAsync(other);

        await first.AskAsync("session_set_state", "set", """{"state":"secret"}""");
        var sessions = await second.AskAsync("session_list", "list");
        Assert.Empty(sessions.GetProperty("data").GetProperty("sessions").EnumerateArray());
        var missing = await second.AskAsync("session_get_state", "get");
        Assert.DoesNotContain("secret", missing.GetRawText(), StringComparison.Ordinal);

        // Were there a way across, the push would stand before the answer to the next question.
        await first.AskAsync("probe_push", "push", "\"secret\"");
        await first.AskAsync("echo_all", "all", "\"secret\"");
        await second.SendTextAsync("""{"type":"echo_say","data":"mine"}""");
        await second.ExpectAsync("""{"type":"echo_said","data":"mine"}""");
        foreach (var client in new[] { first, second })
        {
            await client.AskAsync("session_close", "close");
            await client.SendCloseAsync(1000);
            await client.ReceiveCloseAsync();
        }
    }

    private async Task<RawWebSocketClient> JoinAsync((string Path, string User) who)
    {
        var (client, welcome) = await server.Relay.JoinAsync(who.User, who.Path);
        Assert.Equal(1, welcome.GetProperty("client_count").GetInt32());
        Assert.Equal(JsonValueKind.Object, welcome.GetProperty("plugins").ValueKind);
        return client;
    }
}
