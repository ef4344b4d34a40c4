using System.Collections.Concurrent;
using System.Globalization;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Webhooks;

/// <summary>
/// Events on the disk until their receivers have them. A page of events is one value of the store, written before anybody is told that it is kept, and
/// removed when it is delivered: what a process had kept and not delivered, the next one delivers.
/// </summary>
internal sealed class WebhookOutbox : IEventOutbox
{
    // No plugin's prefix is without its underscore, so these values are nobody else's.
    private const string Prefix = "webhooks";

    // Bodies that are kept in the memory as well, so that a delivery need not read what was just written.
    private const long HeldBytes = 16 * 1024 * 1024;

    private readonly ConcurrentDictionary<TenantId, WebhookDelivery> _deliveries = new();
    private readonly CancellationTokenSource _over = new();
    private readonly IPluginStore _store;
    private readonly string _name;
    private long _last;
    private long _held;

    private WebhookOutbox(IPluginStore store, string name, WebhookParts parts) => (_store, _name, Parts) = (store, name, parts);

    internal WebhookParts Parts { get; }

    /// <summary>Ends all that is under way.</summary>
    internal CancellationToken Over => _over.Token;

    /// <summary>Opens what the process before left, and goes on with it.</summary>
    public static async Task<WebhookOutbox> OpenAsync(IPluginStoreProvider stores, int part, long incarnation, string name, WebhookParts parts, CancellationToken cancellation)
    {
        var key = new PluginKey(new(new(Prefix), part.ToString(CultureInfo.InvariantCulture)), Prefix);
        var outbox = new WebhookOutbox(stores.Open(key, incarnation), name, parts);
        await outbox.RestoreAsync(cancellation);
        return outbox;
    }

    public async Task<bool> AcceptAsync(TenantId tenant, EventBatch batch)
    {
        var events = batch.Events;
        var limit = Parts.Tenants.Find(tenant)?.Settings.Webhooks.MaxEvents ?? 0;
        if (_deliveries.TryGetValue(tenant, out var known) && known.Waiting + events.Count > limit) return false;
        var number = Interlocked.Increment(ref _last);
        var body = WebhookBody.Write(tenant, string.Create(CultureInfo.InvariantCulture, $"{_name}-{number}"), batch);
        await _store.PutAsync(KeyOf(number), body, null, CancellationToken.None);
        Parts.Counters.Keep(events.Count);
        Add(tenant, new(KeyOf(number), events.Count, Parts.Time.GetUtcNow(), Hold(body)));
        return true;
    }

    public async Task StopAsync(TimeSpan patience)
    {
        await Task.WhenAll(_deliveries.Values.Select(static delivery => delivery.Idle)).WaitAsync(patience, Parts.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _over.CancelAsync();
        await Task.WhenAll(_deliveries.Values.Select(static delivery => delivery.Idle));
    }

    /// <summary>Another process has the events now.</summary>
    internal void Lose() => _over.Cancel();

    /// <summary>The body of a page: what is held, or what the store has.</summary>
    internal async ValueTask<byte[]?> BodyAsync(WebhookPage page) => page.Body ?? (await _store.GetAsync(page.Key, CancellationToken.None))?.Value.ToArray();

    /// <summary>A page is done with.</summary>
    internal async Task RemoveAsync(WebhookPage page)
    {
        await _store.DeleteAsync(page.Key, CancellationToken.None);
        if (page.Body is { } body) Interlocked.Add(ref _held, -body.Length);
    }

    /// <summary>A delivery has nothing more to do.</summary>
    internal void Remove(WebhookDelivery delivery) => _deliveries.TryRemove(new(delivery.Tenant, delivery));

    private static string KeyOf(long number) => number.ToString("D19", CultureInfo.InvariantCulture);

    private async Task RestoreAsync(CancellationToken cancellation)
    {
        var kept = 0L;
        foreach (var key in await _store.ListAsync(cancellation))
        {
            _last = long.Parse(key.Key, CultureInfo.InvariantCulture);
            if (await _store.GetAsync(key.Key, cancellation) is not { } value) continue;
            var (tenant, events) = WebhookBody.Read(value.Value.ToArray());
            Parts.Counters.Keep(events);
            Add(tenant, new(key.Key, events, value.UpdatedAt, null));
            kept += events;
        }

        if (kept > 0) WebhookLog.Kept(Parts.Logger, kept);
    }

    private void Add(TenantId tenant, WebhookPage page)
    {
        while (!_deliveries.GetOrAdd(tenant, static (name, outbox) => new(outbox, name), this).TryAdd(page))
        {
            // It has just ended; the next one is another.
        }
    }

    private byte[]? Hold(byte[] body)
    {
        if (Interlocked.Add(ref _held, body.Length) <= HeldBytes) return body;
        Interlocked.Add(ref _held, -body.Length);
        return null;
    }
}

/// <summary>Events that are delivered together.</summary>
/// <param name="Key">The store's key.</param>
/// <param name="Events">How many.</param>
/// <param name="Since">When they were kept.</param>
/// <param name="Body">The body, when it is held.</param>
internal sealed record WebhookPage(string Key, int Events, DateTimeOffset Since, byte[]? Body);

/// <summary>What all deliveries share.</summary>
internal sealed record WebhookParts(TenantDirectory Tenants, WebhookClient Client, WebhookCounters Counters, TimeProvider Time, ILogger Logger);
