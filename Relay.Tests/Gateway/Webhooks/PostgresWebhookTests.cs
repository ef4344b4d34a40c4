using Microsoft.Extensions.Logging.Abstractions;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Gateway.Webhooks;
using Relay.Tests.Gateway.Storage.Postgres;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>The outbox where several processes have one database.</summary>
public sealed class PostgresWebhookTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    [PostgresFact]
    public async Task AnOutboxThatIsOpenedElsewhereHasAllAndTheOneBeforeWritesNoMore()
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = static _ => (503, "");
        var database = cluster.CreateDatabase();
        await using var one = PostgresCluster.Open(database);
        await using var other = PostgresCluster.Open(database);
        using var client = new WebhookClient(TimeProvider.System);
        var counters = new WebhookCounters();
        var settings = receiver.Hooked()(new RelaySettings());
        var parts = new WebhookParts(new TenantDirectory(settings), client, counters, TimeProvider.System, NullLogger.Instance);
        var lost = await WebhookOutbox.OpenAsync(one, 3, one.Incarnations.Next(), "lost", parts, CancellationToken.None);
        var tenant = new TenantId("acme");
        Assert.True(await lost.AcceptAsync(tenant, Batch(tenant, "a")));
        Assert.True(await lost.AcceptAsync(tenant, Batch(tenant, "b")));
        await receiver.NextAsync();

        var next = await WebhookOutbox.OpenAsync(other, 3, other.Incarnations.Next(), "next", parts, CancellationToken.None);
        await Assert.ThrowsAsync<StoreFencedException>(() => lost.AcceptAsync(tenant, Batch(tenant, "late")));
        receiver.Answer = static _ => (200, "");
        Assert.True(await next.AcceptAsync(tenant, Batch(tenant, "c")));
        var users = new List<string>();
        while (users.LastOrDefault() != "c")
        {
            foreach (var told in (await receiver.NextAsync()).Body.GetProperty("events").EnumerateArray()) users.Add(told.GetProperty("user_id").GetString()!);
        }

        Assert.Equal(["a", "b", "c"], users.Distinct());
        await next.StopAsync(TimeSpan.FromSeconds(30));
        await lost.StopAsync(TimeSpan.Zero);
    }

    private static EventBatch Batch(TenantId tenant, string user) => new("p", 0, [new(RelayEvent.OfHub(new(tenant, user), RelayEventKind.FirstIn, "c", 1), "e-" + user, DateTimeOffset.UnixEpoch)]);
}
