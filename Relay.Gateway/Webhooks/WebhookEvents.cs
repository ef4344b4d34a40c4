using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Webhooks;

/// <summary>What happens in this process, for the tenants that want to be told: in a bounded queue, and from there to where it is kept. Those of a tenant stay in their order.</summary>
internal sealed class WebhookEvents : IRelayEvents, IHostedService
{
    // What happens while the disk is slow. One more is not kept, counted, and told as missed.
    private const int QueueLimit = 65_536;
    private const int BatchLimit = 1_000;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    // For what is kept last of all to reach receivers that are there.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly Channel<KeptEvent> _queue = Channel.CreateBounded<KeptEvent>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly ConcurrentDictionary<TenantId, long> _missed = new();
    private readonly TenantDirectory _tenants;
    private readonly Func<CancellationToken, Task<IEventOutbox>> _open;
    private readonly WebhookCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _hurry = new();
    private IEventOutbox? _target;
    private Task _running = Task.CompletedTask;
    private long _numbers;

    /// <summary>Makes it.</summary>
    /// <param name="tenants">Who wants to be told.</param>
    /// <param name="open">Opens what keeps events.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="time">The source of time.</param>
    /// <param name="logger">Where to log.</param>
    public WebhookEvents(
        TenantDirectory tenants, Func<CancellationToken, Task<IEventOutbox>> open, WebhookCounters counters, TimeProvider time, ILogger<WebhookEvents> logger) =>
        (_tenants, _open, _counters, _time, _logger) = (tenants, open, counters, time, logger);

    /// <summary>Names this process; never used again.</summary>
    public string Process { get; } = Guid.NewGuid().ToString("N");

    public void Tell(in RelayEvent happened)
    {
        var tenant = happened.Tenant;
        if (_tenants.Find(tenant)?.Settings.Webhooks is not { Url.Length: > 0, IsSigned: true } hooks || !hooks.Events.Contains(happened.Kind)) return;
        var id = string.Create(CultureInfo.InvariantCulture, $"{Process}-{Interlocked.Increment(ref _numbers)}");
        if (!_queue.Writer.TryWrite(new(happened, id, _time.GetUtcNow()))) Miss(tenant, 1);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _target = await _open(cancellationToken);
        _running = RunAsync(_target);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        // What cannot be kept by now is lost; otherwise a database that is away would hold up the stop.
        await using var hurried = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _hurry);
        _hurry.CancelAfter(StopPatience);
        await _running;
        if (_target is not null) await _target.StopAsync(StopPatience);
    }

    private async Task RunAsync(IEventOutbox target)
    {
        // Off the start's thread. A delivery without events tells that a process has begun: what the one before had not told is lost.
        await Task.Yield();
        foreach (var tenant in _tenants.Named.Where(static one => one.Settings.Webhooks.Url.Length > 0).Select(static one => one.Id).ToList()) await KeepAsync(target, tenant, []);
        var batch = new List<KeptEvent>(BatchLimit);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < BatchLimit && _queue.Reader.TryRead(out var one)) batch.Add(one);
            // What happens while this is written is the next batch: so much is lost with the process at the most. The tenants' pages share the disk's commits.
            await Task.WhenAll(batch.GroupBy(static one => one.Happened.Tenant).Select(tenant => KeepAllAsync(target, tenant.Key, tenant)));
            batch.Clear();
        }
    }

    private async Task KeepAllAsync(IEventOutbox target, TenantId tenant, IEnumerable<KeptEvent> events)
    {
        foreach (var page in events.Chunk(WebhookBody.PageEvents)) await KeepAsync(target, tenant, page);
    }

    private async Task KeepAsync(IEventOutbox target, TenantId tenant, KeptEvent[] page)
    {
        var missed = _missed.TryRemove(tenant, out var count) ? count : 0;
        var isTold = false;
        while (true)
        {
            try
            {
                if (await target.AcceptAsync(tenant, new(Process, missed, page))) return;
                Miss(tenant, page.Length, missed);
                return;
            }
            catch (Exception e)
            {
                if (!isTold) WebhookLog.NotKept(_logger, e.Message);
                isTold = true;
            }

            if (_hurry.IsCancellationRequested)
            {
                Miss(tenant, page.Length, missed);
                return;
            }

            await Task.Delay(RetryPause, _time, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // "before" have been counted; the next page that is kept tells of all.
    private void Miss(TenantId tenant, int events, long before = 0)
    {
        _counters.Drop(events);
        if (before + events > 0) _missed.AddOrUpdate(tenant, before + events, (_, known) => known + before + events);
    }
}
