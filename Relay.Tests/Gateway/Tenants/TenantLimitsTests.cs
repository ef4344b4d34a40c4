using System.Net;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Pressure;
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

    [Fact]
    public void PluginsHaveTheTenantsTimes()
    {
        var directory = Directory("a: { plugins: { handler_timeout: 7s, detached_idle_timeout: 8s, max_open_requests: 9, max_abandoned: 10 } }, b: {}");
        var options = RelayServices.Options(directory.Settings, directory);
        var (a, b, all) = (options.Of(new("a")), options.Of(new("b")), RelayServices.Options(directory.Settings));
        Assert.Equal((7, 8, 9, 10), (a.Inbox.HandlerTimeout.TotalSeconds, a.Inbox.DetachedIdleTimeout.TotalSeconds, a.MaxOpenRequests, a.MaxAbandoned));
        Assert.Equal((all.Inbox, all.MaxOpenRequests, all.MaxAbandoned), (b.Inbox, b.MaxOpenRequests, b.MaxAbandoned));
    }

    [Fact]
    public async Task ATenantsUserHasAsManyOpenRequestsAsItMay()
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Tenants = Loading.SettingsOf("tenants: { a: { plugins: { max_open_requests: 3 } }, b: {} }").Tenants });
        foreach (var (tenant, error) in new[] { ("a", "crash_busy"), ("b", null) })
        {
            var (client, _) = await rig.Server.JoinAsync(path: $"/t/{tenant}/ws");
            for (var i = 1; i <= 4; i++) await client.SendTextAsync(Rig.Message("crash_open", i));
            await client.SendTextAsync(Rig.Message("crash_say", 5));
            var answer = await client.ReceiveJsonAsync(static json => json.TryGetProperty("request_id", out _));
            Assert.Equal(error, Rig.Error(answer));
        }
    }

    [Fact]
    public async Task ATenantsHandlersTakeAsLongAsTheyMay()
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Tenants = Loading.SettingsOf("tenants: { a: { plugins: { handler_timeout: 30s } }, b: {} }").Tenants });
        var clients = new List<RawWebSocketClient>();
        foreach (var tenant in new[] { "a", "b" })
        {
            var (client, _) = await rig.Server.JoinAsync(path: $"/t/{tenant}/ws");
            await client.SendTextAsync(Rig.Message("hang_async", 1, $"\"{tenant}\""));
            await rig.Stage.ArrivedAsync(tenant);
            clients.Add(client);
        }

        rig.Time.Advance(TimeSpan.FromSeconds(32));
        Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(clients[0], 1)));
        Assert.Equal(1, rig.Runtime.TimeLimits);
        foreach (var tenant in new[] { "a", "b" }) rig.Stage.Open(tenant);
        Assert.Null(Rig.Error(await Rig.AnswerAsync(clients[1], 1)));
    }

    private static TenantDirectory Directory(string tenants) => new(Loading.SettingsOf($"tenants: {{ {tenants} }}"));

    private static Task<RelayServer> StartAsync(string tenants) =>
        RelayServer.StartAsync(settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ {tenants} }}").Tenants });
}
