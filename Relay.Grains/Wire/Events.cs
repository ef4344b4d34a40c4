using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Runtime;

namespace Relay.Grains.Wire;

/// <summary>See <see cref="EventBatch"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.EventPage")]
internal sealed record EventPage([property: Id(0)] string Tenant, [property: Id(1)] string Process, [property: Id(2)] long Missed, [property: Id(3)] EventItem[] Events)
{
    public static EventPage Of(TenantId tenant, EventBatch batch) => new(
        tenant.Name,
        batch.Process,
        batch.Missed,
        [.. batch.Events.Select(static one => new EventItem(one.Happened.User.UserId, (int)one.Happened.Kind, one.Happened.Subject, one.Happened.Connections, one.Id, one.At))]);

    public EventBatch ToBatch() => new(
        Process, Missed + Events.Count(static one => !Known.IsEvent(one.Kind)), [.. Events.Where(static one => Known.IsEvent(one.Kind)).Select(one => new KeptEvent(new(new(new(Tenant), one.UserId), (HubEventKind)one.Kind, one.Subject, one.Connections), one.Id, one.At))]);
}

/// <summary>See <see cref="KeptEvent"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.EventItem")]
internal readonly record struct EventItem(
    [property: Id(0)] string UserId,
    [property: Id(1)] int Kind,
    [property: Id(2)] string Subject,
    [property: Id(3)] int Connections,
    [property: Id(4)] string Id,
    [property: Id(5)] DateTimeOffset At);
