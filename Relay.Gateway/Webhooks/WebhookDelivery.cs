using System.Diagnostics;
using System.Net;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Telemetry;

namespace Relay.Gateway.Webhooks;

/// <summary>
/// Takes one tenant's pages to its receiver, one after the other: the order of a user's events is kept, and a receiver that is away holds up no other
/// tenant's. What fails is tried again with a pause that grows.
/// </summary>
internal sealed class WebhookDelivery(WebhookOutbox outbox, TenantId tenant)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Queue<WebhookPage> _pages = new();
    private long _waiting;
    private bool _isOver;
    private Task _running = Task.CompletedTask;

    public TenantId Tenant => tenant;

    /// <summary>Events that wait.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>Ends when nothing is to be delivered.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate) return _running;
        }
    }

    /// <summary>Adds a page behind all others.</summary>
    /// <returns>False when the delivery is over.</returns>
    public bool TryAdd(WebhookPage page)
    {
        lock (_gate)
        {
            if (_isOver) return false;
            _pages.Enqueue(page);
            _waiting += page.Events;
            if (_pages.Count == 1) _running = StartAsync();
            return true;
        }
    }

    // Nobody's span goes on in it: the page is of many.
    private Task StartAsync()
    {
        using var apart = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        return Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (!outbox.Over.IsCancellationRequested && Next() is { } page)
        {
            if (await TryAsync(() => DeliverAsync(page)))
            {
                // Not delivered again because the disk is away; the receiver would know it by its ids.
                while (!await TryAsync(() => outbox.RemoveAsync(page)) && !outbox.Over.IsCancellationRequested)
                {
                }

                Done(page);
            }
        }
    }

    /// <summary>Does something, or waits until it makes sense to try it again.</summary>
    private async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (OperationCanceledException) when (outbox.Over.IsCancellationRequested)
        {
        }
        catch (StoreFencedException)
        {
            outbox.Lose();
        }
        catch (StoreUnavailableException)
        {
            // Told by the store itself.
            await PauseAsync(FirstPause);
        }
        catch (Exception e)
        {
            WebhookLog.Broken(outbox.Parts.Logger, tenant, e);
            await PauseAsync(LongestPause);
        }

        return false;
    }

    private async Task DeliverAsync(WebhookPage page)
    {
        var parts = outbox.Parts;
        if (await outbox.BodyAsync(page) is not { } body)
        {
            // An outbox that took this one's place, or was before it, has delivered the page.
            parts.Counters.Keep(-page.Events);
            return;
        }

        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            // As they are now: an operator may have corrected them.
            var hooks = parts.Tenants.Find(tenant)?.Settings.Webhooks;
            HttpStatusCode? status = null;
            Activity? span = null;
            if (hooks is { Url.Length: > 0, IsSigned: true })
            {
                (status, _, span) = await parts.Client.PostAsync(RelayTrace.WebhookDeliver, tenant, hooks.Url, hooks, body, hooks.Timeout, [("Relay-Attempt", attempt.ToString(System.Globalization.CultureInfo.InvariantCulture))], outbox.Over);
                if (status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices)
                {
                    if (attempt > 1)
                        using (RelayTrace.Within(span)) WebhookLog.Working(parts.Logger, tenant);
                    parts.Counters.Deliver(page.Events);
                    return;
                }
            }

            if (hooks is not { Url.Length: > 0 } || IsFinal(status) || parts.Time.GetUtcNow() - page.Since >= hooks.GiveUpAfter)
            {
                using (RelayTrace.Within(span)) WebhookLog.GivenUp(parts.Logger, page.Events, tenant, (int)(status ?? 0));
                parts.Counters.GiveUp(page.Events);
                return;
            }

            if (attempt == 1)
                using (RelayTrace.Within(span)) WebhookLog.Failing(parts.Logger, tenant, (int)(status ?? 0));
            parts.Counters.FailAttempt();
            await PauseAsync(pause);
            outbox.Over.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // The body itself is what the receiver does not want; anything else may be mended.
    private static bool IsFinal(HttpStatusCode? status) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.Gone or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity;

    private async Task PauseAsync(TimeSpan pause) => await Task.Delay(pause, outbox.Parts.Time, outbox.Over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private WebhookPage? Next()
    {
        lock (_gate) return _pages.TryPeek(out var page) ? page : null;
    }

    private void Done(WebhookPage page)
    {
        lock (_gate)
        {
            _pages.Dequeue();
            _waiting -= page.Events;
            if (_pages.Count > 0) return;
            _isOver = true;
        }

        outbox.Remove(this);
    }
}
