using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Core.Errors;
using Relay.Gateway.Hosting;
using Relay.Gateway.Webhooks;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>A tenant's own program decides which WebSockets are let in.</summary>
public sealed class ConnectHookTests
{
    [Fact]
    public async Task WhoIsAllowedEntersAndTheQuestionHasNoToken()
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = static _ => (200, """{"allow":true}""");
        await using var relay = await RelayServer.StartAsync(Asking(receiver));
        await relay.ConnectAsync("/t/acme/rooms/a%2Fb?user_id=alice&access_token=geheim", ("Origin", $"http://127.0.0.1:{relay.Port}"));
        var question = await receiver.NextAsync();
        Assert.Equal(
            $$"""{"tenant":"acme","user_id":"alice","scopes":[],"job":"room","path":["rooms","a/b"],"address":"127.0.0.1","origin":"http://127.0.0.1:{{relay.Port}}"}""",
            question.Body.GetRawText());
        Assert.Equal(WebhookSignature.Of(HookReceiver.Secret, question.Timestamp, question.Bytes), question.Signature);
        // No other request asks.
        using var http = new HttpClient { BaseAddress = relay.Url };
        (await http.GetAsync("/api/v1/users")).Dispose();
        await relay.TryConnectAsync("/ws?user_id=alice", ("Sec-WebSocket-Version", "7"));
        await relay.JoinAsync("bob");
        Assert.Equal("bob", (await receiver.NextAsync()).Body.GetProperty("user_id").GetString());
    }

    [Theory]
    [InlineData(200, """{"allow":false}""")]
    [InlineData(403, "")]
    [Provokes(ErrorCode.NotAdmitted)]
    [Provokes(CloseReason.NotAdmitted)]
    public async Task WhoIsNotAllowedIsToldSo(int status, string answer)
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = _ => (status, answer);
        await using var relay = await RelayServer.StartAsync(Asking(receiver, open: true));
        var client = await relay.ConnectAsync("/ws?user_id=alice");
        Assert.Equal("not_admitted", (await client.ReceiveJsonAsync("error")).GetProperty("error").GetString());
        Assert.Equal(new ServerClose(4403, "not_admitted"), await client.ReceiveCloseAsync());
        Assert.Equal(new ServerClose(4403, "not_admitted"), await (await relay.ConnectAsync("/rooms/r")).ReceiveCloseAsync());
        Assert.Equal(2, relay.Services.GetRequiredService<WebhookCounters>().RefusedConnects);
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(204, "")]
    [InlineData(302, "")]
    [InlineData(200, "")]
    [InlineData(200, "[]")]
    [InlineData(200, """{"allow":"true"}""")]
    [InlineData(200, """{"allow":false,"allow":true}""")]
    [Provokes(ErrorCode.AdmissionUnavailable)]
    [Provokes(CloseReason.AdmissionUnavailable)]
    public async Task WithoutAnAnswerTheSettingDecides(int status, string answer)
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = _ => (status, answer);
        await using var closed = await RelayServer.StartAsync(Asking(receiver));
        Assert.Equal(new ServerClose(4503, "admission_unavailable"), await (await closed.ConnectAsync("/ws?user_id=alice")).ReceiveCloseAsync());
        Assert.Equal(1, closed.Services.GetRequiredService<WebhookCounters>().FailedConnects);
        await using var open = await RelayServer.StartAsync(Asking(receiver, open: true));
        await open.JoinAsync("alice");
    }

    [Fact]
    public async Task WhoGivesNoAnswersIsLoggedOnceASecond()
    {
        var (time, log) = (new ManualTime(), new CountingLog());
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = static _ => (500, "");
        await using var relay = await RelayServer.StartAsync(Asking(receiver), services => services.AddSingleton<ILogger<ConnectHook>>(log), time);
        for (var i = 0; i < 5; i++) await (await relay.ConnectAsync("/ws?user_id=alice")).ReceiveCloseAsync();
        Assert.Equal(1, log.Lines);
        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 5; i++) await (await relay.ConnectAsync("/ws?user_id=alice")).ReceiveCloseAsync();
        Assert.Equal(2, log.Lines);
        Assert.Equal(10, relay.Services.GetRequiredService<WebhookCounters>().FailedConnects);
    }

    [Fact]
    public async Task WhoIsAskedHasItsTimeAndNoMore()
    {
        var never = new TaskCompletionSource();
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = _ =>
        {
            never.Task.Wait();
            return (200, """{"allow":true}""");
        };
        await using var relay = await RelayServer.StartAsync(Asking(receiver, timeout: TimeSpan.FromMilliseconds(50)));
        Assert.Equal(new ServerClose(4503, "admission_unavailable"), await (await relay.ConnectAsync("/ws?user_id=alice")).ReceiveCloseAsync());
        never.SetResult();
    }

    [Fact]
    public async Task WhoIsOverALimitIsNotAskedAbout()
    {
        await using var receiver = await HookReceiver.StartAsync();
        var asked = 0;
        receiver.Answer = _ =>
        {
            Interlocked.Increment(ref asked);
            return (200, """{"allow":true}""");
        };
        await using var relay = await RelayServer.StartAsync(settings => Asking(receiver)(settings) with { Limits = new() { UserConnections = 1, TenantConnectsPerSecond = 5 } });
        var alice = await relay.JoinAsync("alice");
        Assert.Equal(new ServerClose(4429, "too_many_connections"), await (await relay.ConnectAsync("/rooms/r?user_id=alice")).ReceiveCloseAsync());
        for (var i = 0; i < 20; i++) await relay.TryConnectAsync("/ws?user_id=alice");
        Assert.Equal(1, asked);
        await alice.Client.DisposeAsync();
    }

    [Fact]
    public void WhatIsSentHasToBeSigned()
    {
        var settings = new RelaySettings { Webhooks = new RelayWebhooksOptions { Url = "http://127.0.0.1:1/", Secret = "short" } };
        Assert.Contains(WebhookSettings.Checks, check => check.Fault(settings, _ => true) is { } fault && fault.Contains("32 bytes"));
        Assert.DoesNotContain(WebhookSettings.Checks, check => check.Fault(new RelaySettings(), _ => true) is not null);
        Assert.DoesNotContain("short", settings.ToString());
    }

    private static Func<RelaySettings, RelaySettings> Asking(HookReceiver receiver, bool open = false, TimeSpan? timeout = null) => receiver.Hooked(hooks => hooks with
    {
        Url = "",
        ConnectUrl = receiver.Url,
        ConnectFailsOpen = open,
        ConnectTimeout = timeout ?? TimeSpan.FromSeconds(20),
    });

    private sealed class CountingLog : ILogger<ConnectHook>
    {
        private int _lines;

        public int Lines => Volatile.Read(ref _lines);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Increment(ref _lines);
    }
}
