using System.Text.Json;
using Relay.Core.Plugins;

namespace Relay.Tests.Gateway.Pressure;

/// <summary>Plugins that break their promises, as their clients and everybody else see it.</summary>
public sealed class MisbehaviourTests
{
    [Fact]
    public async Task TheFirstCrashAnswersThePoisonAndTheNewInstanceAnswersTheRest()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("crash_later", 1));
        await rig.Stage.ArrivedAsync("poison");
        for (var i = 2; i <= 5; i++) await client.SendTextAsync(Rig.Message("crash_say", i));
        rig.Stage.Open("poison");

        Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(client, 1)));
        for (var i = 2; i <= 5; i++) Assert.Equal("crash_said", (await Rig.AnswerAsync(client, i)).GetProperty("type").GetString());
        var (_, welcome) = await rig.Server.JoinAsync("alice");
        Assert.Equal("running", Status(welcome, "crash_"));
        Assert.Equal(1, rig.Runtime.Crashes);
    }

    [Fact]
    public async Task TheSecondCrashFailsThePluginAndNothingElse()
    {
        await using var rig = await Rig.StartAsync();
        var (client, bob) = (await rig.JoinAsync("alice"), await rig.JoinAsync("bob"));
        await client.SendTextAsync(Rig.Message("crash_throw", 1));
        Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(client, 1)));
        await client.SendTextAsync(Rig.Message("crash_throw", 2));
        Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(client, 2)));
        await client.ReceiveJsonAsync(json => json.GetProperty("type").ValueEquals("plugin_status") && json.GetProperty("plugin").ValueEquals("crash_") && json.GetProperty("status").ValueEquals("failed"));
        await client.SendTextAsync(Rig.Message("crash_say", 3));
        Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(client, 3)));
        var (_, welcome) = await rig.Server.JoinAsync("alice");
        Assert.Equal("failed", Status(welcome, "crash_"));

        await client.SendTextAsync(Rig.Message("pool_say", 4));
        Assert.Equal("pool_said", (await Rig.AnswerAsync(client, 4)).GetProperty("type").GetString());
        await bob.SendTextAsync(Rig.Message("crash_say", 5));
        Assert.Equal("crash_said", (await Rig.AnswerAsync(bob, 5)).GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("ctor_")]
    [InlineData("startsync_")]
    [InlineData("startasync_")]
    public async Task APluginThatCannotStartFailsAndItsMessagesAreAnswered(string prefix)
    {
        await using var rig = await FragileAsync();
        var client = await rig.JoinAsync();
        for (var i = 0; i < 5; i++) await client.SendTextAsync(Rig.Message(prefix + "say", i));
        for (var i = 0; i < 5; i++) Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(client, i)));
        Assert.Equal(2, rig.Runtime.Crashes);
        var (_, welcome) = await rig.Server.JoinAsync("alice");
        Assert.Equal("failed", Status(welcome, prefix));
    }

    [Theory]
    [InlineData("shutsync_")]
    [InlineData("shutasync_")]
    public async Task APluginThatThrowsInShutdownBeginsAnew(string prefix)
    {
        await using var rig = await FragileAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message(prefix + "say", 1));
        await Rig.AnswerAsync(client, 1);
        await client.SendCloseAsync(1000);
        await Rig.BecomesAsync(() => rig.Runtime.Crashes == 1);
        client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message(prefix + "say", 2));
        Assert.Equal(prefix + "said", (await Rig.AnswerAsync(client, 2)).GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("stopsync_")]
    [InlineData("stopasync_")]
    public async Task APluginThatThrowsWhenItsHubIsCollectedHoldsNothingUp(string prefix)
    {
        await using var rig = await FragileAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message(prefix + "say", 1));
        await Rig.AnswerAsync(client, 1);
        await client.SendCloseAsync(1000);
        await Rig.BecomesAsync(() => rig.Registry.Count == 0);
        await rig.HubsBecomeAsync(1, 0);
        rig.Time.Advance(TimeSpan.FromHours(5));
        await Rig.BecomesAsync(() => rig.Runtime.CollectedHubs == 1);
        await rig.HubsBecomeAsync(0, 0);
        client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message(prefix + "say", 2));
        Assert.Equal(prefix + "said", (await Rig.AnswerAsync(client, 2)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task BlockedThreadsHoldNobodyElseUp()
    {
        await using var rig = await Rig.StartAsync();
        for (var i = 0; i < 6; i++)
        {
            var client = await rig.JoinAsync("blocker " + i);
            await client.SendTextAsync(Rig.Message("hang_block", 1, "\"here\""));
            await rig.Stage.ArrivedAsync("here");
            // Two looks of the watchdog see the thread stand still, and the pool gets another.
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(i + 1, rig.Runtime.BlockedThreads);
        }

        var other = await rig.JoinAsync("other");
        for (var i = 0; i < 100; i++)
        {
            await other.SendTextAsync(Rig.Message("pool_say", i));
            await Rig.AnswerAsync(other, i);
        }

        rig.Stage.Open("here");
        await Rig.BecomesAsync(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return rig.Runtime.BlockedThreads == 0;
        });
    }

    [Fact]
    public async Task WhatAHandlerSaysBeforeItBlocksIsSent()
    {
        await using var rig = await Rig.StartAsync();
        var (client, other) = (await rig.JoinAsync(), await rig.JoinAsync());
        await client.SendTextAsync(Rig.Message("hang_speak", 1, "\"here\""));
        await rig.Stage.ArrivedAsync("here");
        await other.ReceiveJsonAsync("hang_pushed");
        await client.ReceiveJsonAsync("hang_pushed");
        await Rig.AnswerAsync(client, 1);
    }

    [Theory]
    [InlineData("hang_async", "answered False")]
    [InlineData("hang_write", "refused")]
    [InlineData("hang_block", null)]
    public async Task AnAbandonedHandlerThatWakesLateNeitherAnswersNorWrites(string type, string? end)
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Plugins = settings.Plugins with { HandlerTimeout = TimeSpan.FromSeconds(30) } });
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message(type, 1, "\"here\""));
        await rig.Stage.ArrivedAsync("here");
        await client.SendTextAsync(Rig.Message("hang_say", 2));
        // A blocked thread is noticed at the second look; the time runs from when the code began.
        rig.Time.Advance(TimeSpan.FromSeconds(32));
        Assert.Equal("plugin_failed", Rig.Error(await Rig.AnswerAsync(client, 1)));
        Assert.Equal("hang_said", (await Rig.AnswerAsync(client, 2)).GetProperty("type").GetString());
        Assert.Equal((1, 1), (rig.Runtime.TimeLimits, rig.Runtime.Abandoned));

        rig.Stage.Open("here");
        if (end is not null) await rig.Stage.ArrivedAsync(end);
        await Rig.BecomesAsync(() => rig.Runtime.Abandoned == 0);
        await client.SendTextAsync(Rig.Message("hang_read", 3));
        var next = await Rig.AnswerAsync(client, 3);
        Assert.Equal("hang_value", next.GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.Null, next.GetProperty("data").ValueKind);
    }

    [Fact]
    public async Task ASilentHandlerIsNoAnswerAndASecondTerminalIsDroppedAndCounted()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("crash_silent", 1));
        Assert.Equal("no_answer", Rig.Error(await Rig.AnswerAsync(client, 1)));
        await client.SendTextAsync(Rig.Message("crash_twice", 2));
        Assert.Equal("crash_once", (await Rig.AnswerAsync(client, 2)).GetProperty("type").GetString());
        await rig.Stage.ArrivedAsync("True False");
        Assert.Equal(1, rig.Runtime.LateTerminals);
        await client.SendTextAsync(Rig.Message("crash_say", 3));
        Assert.Equal("3", (await client.ReceiveJsonAsync(json => json.TryGetProperty("request_id", out _))).GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task TooManyOpenRequestsAreBusyAndNoCrash()
    {
        await using var rig = await Rig.StartAsync(settings => settings with { Plugins = settings.Plugins with { MaxOpenRequests = 3 } });
        var client = await rig.JoinAsync();
        for (var i = 1; i <= 4; i++) await client.SendTextAsync(Rig.Message("crash_open", i));
        Assert.Equal("crash_busy", Rig.Error(await Rig.AnswerAsync(client, 4)));
        await client.SendTextAsync(Rig.Message("crash_say", 5));
        Assert.Equal("crash_said", (await Rig.AnswerAsync(client, 5)).GetProperty("type").GetString());
        Assert.Equal(0, rig.Runtime.Crashes);
    }

    [Fact]
    public async Task AnInlinePluginThatBlocksLosesThePrivilegeAndHoldsUpItsOwnConnectionOnly()
    {
        await using var rig = await Rig.StartAsync();
        var (client, second, bob) = (await rig.JoinAsync(), await rig.JoinAsync(), await rig.JoinAsync("bob"));
        await client.SendTextAsync(Rig.Message("inline_block", 1));
        await rig.Stage.ArrivedAsync("inline");
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, rig.Runtime.RevokedInline);
        await second.SendTextAsync(Rig.Message("pool_say", 2));
        await Rig.AnswerAsync(second, 2);
        await bob.SendTextAsync(Rig.Message("inline_say", 3));
        await Rig.AnswerAsync(bob, 3);
        rig.Stage.Open("inline");
        Assert.Equal("inline_blocked", (await Rig.AnswerAsync(client, 1)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task ALeakedTaskThatFailsLaterHurtsNobody()
    {
        await using var rig = await Rig.StartAsync();
        var client = await rig.JoinAsync();
        await client.SendTextAsync(Rig.Message("crash_leak", 1));
        await Rig.AnswerAsync(client, 1);
        await rig.Stage.ArrivedAsync("leak");
        rig.Stage.Open("leak");
        await Rig.BecomesAsync(() => CrashPlugin.Leaked > 0);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        await client.SendTextAsync(Rig.Message("crash_say", 2));
        Assert.Equal("crash_said", (await Rig.AnswerAsync(client, 2)).GetProperty("type").GetString());
        Assert.Equal(0, rig.Runtime.Crashes);
    }

    private static Task<Rig> FragileAsync() => Rig.StartAsync(plugins: static services => services
        .AddRelayPlugin<ThrowsInConstructor>().AddRelayPlugin<ThrowsInStart>().AddRelayPlugin<ThrowsInStartLater>()
        .AddRelayPlugin<ThrowsInShutdown>().AddRelayPlugin<ThrowsInShutdownLater>()
        .AddRelayPlugin<ThrowsInStop>().AddRelayPlugin<ThrowsInStopLater>());

    private static string Status(JsonElement welcome, string prefix) =>
        welcome.GetProperty("plugins").GetProperty(prefix).GetProperty("status").GetString()!;
}
