using System.Net;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Limits of which two tenants of one relay have different ones.</summary>
public sealed class TenantLimitsTests
{
    [Fact]
    public async Task MessagesAreAsLongAsTheTenantMaySend()
    {
        await using var relay = await StartAsync("a: { hub: { max_message_bytes: 128 } }, b: {}");
        using var http = new HttpClient { BaseAddress = relay.Url };
        var text = $$"""{"type":"nobody_there","data":"{{new string('x', 128)}}","request_id":"r"}""";
        foreach (var path in new[] { "/t/a/ws?user_id=alice", "/t/a/introduction/p" })
        {
            var client = await relay.ConnectAsync(path);
            await client.SendTextAsync(text);
            Assert.Equal(1009, (await client.ReceiveCloseAsync()).Code);
        }

        var (b, _) = await relay.JoinAsync(path: "/t/b/ws");
        await b.SendTextAsync(text);
        await b.ReceiveJsonAsync(static frame => frame.TryGetProperty("request_id", out _));
        foreach (var (tenant, isTooBig) in new[] { ("a", true), ("b", false) })
        {
            var answer = await http.PostAsync($"/t/{tenant}/api/v1/users/alice/messages", new StringContent(text));
            Assert.Equal(isTooBig, answer.StatusCode == HttpStatusCode.RequestEntityTooLarge);
        }
    }

    [Theory]
    [InlineData("queue_multiplier: 7", 7, 262144, 1048576)]
    [InlineData("queue_bytes: 5000", 100, 5000, 1048576)]
    [InlineData("outbox_bytes: 70000", 100, 262144, 70000)]
    public void AConnectionHasTheQueuesOfItsTenant(string row, int messages, int bytes, int outbox)
    {
        var directory = Directory($"a: {{ hub: {{ {row} }} }}, b: {{}}");
        var (a, b) = (ConnectionLimits.Of(directory.Find(new("a"))!.Settings), ConnectionLimits.Of(directory.Find(new("b"))!.Settings));
        Assert.Equal((messages, bytes, outbox), (a.Credit.Messages, a.Credit.Bytes, a.OutboxBytes));
        Assert.Equal((100, 262144, 1048576), (b.Credit.Messages, b.Credit.Bytes, b.OutboxBytes));
    }

    [Fact]
    public void APluginsInboxTakesWhatTheTenantsConnectionsMaySend()
    {
        var directory = Directory("a: { hub: { queue_multiplier: 7, queue_bytes: 5000, max_message_bytes: 128 } }, b: {}");
        var options = RelayServices.Options(directory.Settings, directory);
        Assert.Equal((35, 25_640), (options.Of(new("a")).Inbox.MaxMessages, options.Of(new("a")).Inbox.MaxBytes));
        Assert.Equal(500, options.Of(new("b")).Inbox.MaxMessages);
    }

    private static TenantDirectory Directory(string tenants) => new(Loading.SettingsOf($"tenants: {{ {tenants} }}"));

    private static Task<RelayServer> StartAsync(string tenants) =>
        RelayServer.StartAsync(settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ {tenants} }}").Tenants });
}
