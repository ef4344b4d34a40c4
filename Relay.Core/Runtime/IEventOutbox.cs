namespace Relay.Core.Runtime;

/// <summary>Where what happens is kept until those who want to know have been told.</summary>
public interface IEventOutbox
{
    /// <summary>Keeps events of a tenant. Those of one caller and tenant come one call after the other.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="batch">The events.</param>
    /// <returns>False when there is no room for them. When it is true they survive the process.</returns>
    Task<bool> AcceptAsync(TenantId tenant, EventBatch batch);

    /// <summary>Gives what is under way some time, and stops.</summary>
    /// <param name="patience">How long.</param>
    /// <returns>A task that ends when nothing is under way.</returns>
    Task StopAsync(TimeSpan patience);
}

/// <summary>Opens outboxes, as the host has them.</summary>
public interface IEventOutboxes
{
    /// <summary>Opens one, with all that it was given before.</summary>
    /// <param name="part">Which.</param>
    /// <param name="incarnation">Higher than that of any before: those cannot write any more.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The outbox.</returns>
    Task<IEventOutbox> OpenAsync(int part, long incarnation, CancellationToken cancellation);
}

/// <summary>Events that are kept together.</summary>
/// <param name="Process">The process in which they happened.</param>
/// <param name="Missed">Events of the tenant, before these, that were not kept.</param>
/// <param name="Events">The events, in their order; none to tell that the process has begun.</param>
public sealed record EventBatch(string Process, long Missed, IReadOnlyList<KeptEvent> Events);

/// <summary>An event that is to be kept.</summary>
/// <param name="Happened">What has happened.</param>
/// <param name="Id">The event's id: who is told twice knows it by that.</param>
/// <param name="At">When.</param>
public readonly record struct KeptEvent(RelayEvent Happened, string Id, DateTimeOffset At);
