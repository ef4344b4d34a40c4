using Relay.Core;

namespace Relay.Gateway.Webhooks;

/// <summary>Where events are kept until their receivers have them.</summary>
internal interface IWebhookTarget
{
    /// <summary>Keeps events. Calls come one after the other.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="missed">Events of the tenant, before these, that were not kept.</param>
    /// <param name="events">The events, in their order; none to tell that a process has begun.</param>
    /// <returns>False when there is no room for them. When it is true they are on the disk.</returns>
    Task<bool> AcceptAsync(TenantId tenant, long missed, IReadOnlyList<WebhookEvent> events);

    /// <summary>Gives receivers the time to take what is kept, and stops.</summary>
    Task StopAsync(TimeSpan patience);
}
