using Relay.Core;
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
        [.. batch.Events.Select(static one => EventItem.Of(one))]);

    public EventBatch ToBatch()
    {
        var tenant = new TenantId(Tenant);
        var unknown = Events.Count(static one => !Known.IsEvent(one.Kind));
        return new(Process, Missed + unknown, [.. Events.Where(static one => Known.IsEvent(one.Kind)).Select(one => one.ToEvent(tenant))]);
    }
}

/// <summary>See <see cref="KeptEvent"/>. What is null came from a version that did not have it.</summary>
[GenerateSerializer, Immutable, Alias("relay.EventItem")]
internal readonly record struct EventItem(
    [property: Id(0)] string UserId,
    [property: Id(1)] int Kind,
    [property: Id(2)] string Subject,
    [property: Id(3)] int Connections,
    [property: Id(4)] string Id,
    [property: Id(5)] DateTimeOffset At,
    [property: Id(6)] string? ConnectionId,
    [property: Id(7)] string[]? Models,
    [property: Id(8)] long BytesUp,
    [property: Id(9)] long BytesDown,
    [property: Id(10)] string? Reason)
{
    public static EventItem Of(in KeptEvent one)
    {
        var (happened, id, at) = one;
        return new(
            happened.UserId, (int)happened.Kind, happened.Subject, happened.Connections, id, at, happened.ConnectionId, happened.Models.Count == 0 ? null : [.. happened.Models], happened.BytesUp, happened.BytesDown, happened.Reason);
    }

    public KeptEvent ToEvent(TenantId tenant)
    {
        var happened = new RelayEvent(tenant, (RelayEventKind)Kind, Subject)
        {
            UserId = UserId,
            Connections = Connections,
            ConnectionId = ConnectionId ?? "",
            Models = Models ?? [],
            BytesUp = BytesUp,
            BytesDown = BytesDown,
            Reason = Reason ?? "",
        };
        return new(happened, Id, At);
    }
}
