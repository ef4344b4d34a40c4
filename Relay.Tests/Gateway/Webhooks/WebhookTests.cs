using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Gateway.Hosting;
using Relay.Gateway.Webhooks;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>Events of a tenant's users, as its own program is told of them.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task AUsersPresenceIsToldInOrderAndSigned()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await RelayServer.StartAsync(receiver.Hooked());
        var begun = await receiver.NextAsync();
        Assert.Empty(begun.Events);
        var (first, welcome) = await relay.JoinAsync("älice");
        var (second, _) = await relay.JoinAsync("älice");
        await first.SendCloseAsync(1000);
        await first.ReceiveCloseAsync();
        var events = await receiver.EventsAsync(4);
        await second.SendCloseAsync(1000);
        events.AddRange(await receiver.EventsAsync(2));
        Assert.Equal(["connected", "first_in", "connected", "disconnected", "disconnected", "last_out"], events.Select(one => one.GetProperty("event").GetString()));
        Assert.Equal([1, 1, 2, 1, 0, 0], events.Select(one => one.GetProperty("connections").GetInt32()));
        Assert.All(events, one => Assert.Equal("älice", one.GetProperty("user_id").GetString()));
        Assert.Equal(welcome.GetProperty("connection_id").GetString(), events[0].GetProperty("connection_id").GetString());
        Assert.Equal(6, events.Select(one => one.GetProperty("id").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task ASignatureIsOfTheTimeAndTheBodyByBothSecrets()
    {
        const string Next = "another secret of thirty-two bytes";
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await RelayServer.StartAsync(receiver.Hooked(hooks => hooks with { Secret = Next, PreviousSecret = HookReceiver.Secret }));
        var request = await receiver.NextAsync();
        Assert.Equal(
            [WebhookSignature.Of(Next, request.Timestamp, request.Bytes), WebhookSignature.Of(HookReceiver.Secret, request.Timestamp, request.Bytes)], request.Signature.Split(','));
        // Sent again later, or with another body, it is signed by nobody.
        Assert.NotEqual(WebhookSignature.Of(Next, request.Timestamp, request.Bytes), WebhookSignature.Of(Next, request.Timestamp + "0", request.Bytes));
        Assert.NotEqual(WebhookSignature.Of(Next, request.Timestamp, request.Bytes), WebhookSignature.Of(Next, request.Timestamp, [.. request.Bytes, (byte)' ']));
    }

    [Fact]
    public async Task WhatTheReceiverDoesNotTakeIsTriedAgainBeforeAnythingElse()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var relay = await RelayServer.StartAsync(receiver.Hooked());
        await receiver.NextAsync();
        var failures = 1;
        receiver.Answer = _ => Interlocked.Decrement(ref failures) >= 0 ? (500, "") : (204, "");
        await relay.JoinAsync("alice");
        var failed = await receiver.NextAsync();
        await relay.JoinAsync("bob");
        var again = await receiver.NextAsync();
        Assert.Equal(failed.Delivery, again.Delivery);
        Assert.Equal(failed.Bytes, again.Bytes);
        var left = 4 - again.Events.Count();
        Assert.Equal("bob", (await receiver.EventsAsync(left))[^1].GetProperty("user_id").GetString());
        Assert.Equal(1, relay.Services.GetRequiredService<WebhookCounters>().FailedAttempts);
    }

    [Fact]
    public async Task WhatTheReceiverWillNeverTakeIsGivenUp()
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = request => request.Events.Any() ? (200, "") : (400, "");
        await using var relay = await RelayServer.StartAsync(receiver.Hooked(hooks => hooks with { Events = [RelayEventKind.FirstIn] }));
        Assert.Empty((await receiver.NextAsync()).Events);
        await relay.JoinAsync("alice");
        await relay.JoinAsync("alice");
        await relay.JoinAsync("bob");
        Assert.Equal(["alice", "bob"], (await receiver.EventsAsync(2)).Select(one => one.GetProperty("user_id").GetString()));
    }

    [Fact]
    public async Task WhatWasNotDeliveredIsDeliveredByTheNextProcess()
    {
        var folder = Directory.CreateTempSubdirectory("relay-webhooks-");
        try
        {
            await using var receiver = await HookReceiver.StartAsync();
            receiver.Answer = static _ => (503, "");
            RelaySettings Settings(RelaySettings settings) =>
                receiver.Hooked()(settings) with { Storage = new RelayStorageOptions { Sqlite = new RelaySqliteOptions { Path = Path.Combine(folder.FullName, "relay.db") } } };
            await using (var relay = await RelayServer.StartAsync(Settings))
            {
                await relay.JoinAsync("alice");
                await receiver.NextAsync();
            }

            receiver.Answer = static _ => (200, "");
            await using var next = await RelayServer.StartAsync(Settings);
            var taken = new List<HookRequest>();
            // What the first one tried while it stopped came before.
            while (taken.SelectMany(request => request.Events).LastOrDefault() != "last_out") taken.Add(await receiver.NextAsync());
            Assert.Equal(["connected", "first_in", "disconnected", "last_out"], taken.SelectMany(request => request.Body.GetProperty("events").EnumerateArray())
                .DistinctBy(one => one.GetProperty("id").GetString()).Select(one => one.GetProperty("event").GetString()));
            var begun = await receiver.NextAsync();
            Assert.Empty(begun.Events);
            Assert.NotEqual(taken[^1].Body.GetProperty("process").GetString(), begun.Body.GetProperty("process").GetString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
