using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Gateway.Webhooks;
using Relay.Tests.Contract;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>Events that find no room are counted, and the receiver is told how many it has missed.</summary>
public sealed class WebhookBoundTests
{
    private static readonly RelaySettings Settings = new() { Webhooks = new RelayWebhooksOptions { Url = "http://127.0.0.1:1/", Secret = HookReceiver.Secret, MaxEvents = 2 } };

    [Fact]
    public async Task ATenantHasItsEventsAndNoMore()
    {
        var counters = new WebhookCounters();
        using var client = new WebhookClient(TimeProvider.System);
        var parts = new WebhookParts(new TenantDirectory(Settings), client, counters, TimeProvider.System, NullLogger.Instance);
        var outbox = await WebhookOutbox.OpenAsync(new MemoryStores(), 0, 1, "p", parts, CancellationToken.None);
        var (a, b) = (new TenantId("a"), new TenantId("b"));
        Assert.True(await outbox.AcceptAsync(a, new("p", 0, [Event(a), Event(a)])));
        Assert.False(await outbox.AcceptAsync(a, new("p", 0, [Event(a)])));
        Assert.True(await outbox.AcceptAsync(b, new("p", 0, [Event(b)])));
        Assert.Equal(3, counters.Waiting);
        await outbox.StopAsync(TimeSpan.Zero);
        Assert.Equal(0, counters.Delivered);
    }

    [Fact]
    public async Task WhatFoundNoRoomIsToldWithWhatDoes()
    {
        var counters = new WebhookCounters();
        var target = new ScriptedTarget();
        var events = new WebhookEvents(new TenantDirectory(Settings), _ => Task.FromResult<IEventOutbox>(target), counters, TimeProvider.System, NullLogger<WebhookEvents>.Instance);
        await events.StartAsync(CancellationToken.None);
        Assert.Equal((0, 0), await target.NextAsync(true));
        var tenant = TenantId.Default;
        foreach (var (accepts, missed) in new[] { (false, 0), (false, 1), (true, 2), (true, 0) })
        {
            events.Tell(Event(tenant).Happened);
            Assert.Equal((missed, 1), await target.NextAsync(accepts));
        }

        Assert.Equal(2, counters.Dropped);
        events.Tell(Event(tenant).Happened with { Kind = RelayEventKind.PluginFailed });
        await target.NextAsync(true);
        await events.StopAsync(CancellationToken.None);
        Assert.True(target.IsStopped);
    }

    private static KeptEvent Event(TenantId tenant) => new(RelayEvent.OfHub(new(tenant, "alice"), RelayEventKind.FirstIn, "c", 1), "e", DateTimeOffset.UnixEpoch);

    private sealed class ScriptedTarget : IEventOutbox
    {
        private readonly Channel<(int Missed, int Events)> _asked = Channel.CreateUnbounded<(int, int)>();
        private readonly Channel<bool> _answers = Channel.CreateUnbounded<bool>();

        public bool IsStopped { get; private set; }

        public async Task<(int Missed, int Events)> NextAsync(bool accepts)
        {
            _answers.Writer.TryWrite(accepts);
            return await _asked.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }

        public async Task<bool> AcceptAsync(TenantId tenant, EventBatch batch)
        {
            _asked.Writer.TryWrite(((int)batch.Missed, batch.Events.Count));
            return await _answers.Reader.ReadAsync();
        }

        public Task StopAsync(TimeSpan patience)
        {
            IsStopped = true;
            return Task.CompletedTask;
        }
    }
}
