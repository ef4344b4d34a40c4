using System.Collections.Frozen;
using System.Text.Json;
using Relay.Abstractions;

namespace Relay.Grains.Wire;

/// <summary>A gateway process as hubs know it.</summary>
/// <param name="Id">Names the process; never used again.</param>
/// <param name="Observer">Where what hubs send goes.</param>
/// <param name="Directory">The directory of gateways that it has last been entered in, or empty: tells a directory that it is a successor.</param>
[GenerateSerializer, Immutable, Alias("relay.GatewayRef")]
internal sealed record GatewayRef([property: Id(0)] string Id, [property: Id(1)] IGatewayObserver Observer, [property: Id(2)] string Directory);

/// <summary>A connection of a gateway.</summary>
/// <param name="Id">The connection's id.</param>
/// <param name="Scopes">What its identity may do.</param>
/// <param name="Metadata">What the identity provider told, JSON, or empty.</param>
/// <param name="Expires">When its identity runs out.</param>
/// <param name="IsJoined">Whether a hub has welcomed it.</param>
/// <param name="Number">Increases with each connection of the gateway.</param>
[GenerateSerializer, Immutable, Alias("relay.ConnectionInfo")]
internal sealed record ConnectionInfo(
    [property: Id(0)] string Id,
    [property: Id(1)] string[] Scopes,
    [property: Id(2)] string Metadata,
    [property: Id(3)] DateTimeOffset? Expires,
    [property: Id(4)] bool IsJoined,
    [property: Id(5)] long Number)
{
    public static ConnectionInfo Of(string id, UserIdentity identity, bool isJoined, long number) => new(
        id, [.. identity.Scopes], identity.Metadata.ValueKind == JsonValueKind.Undefined ? "" : identity.Metadata.GetRawText(), identity.Expires, isJoined, number);

    public UserIdentity Identity(Core.UserKey user) => new(user.Tenant.Name, user.UserId)
    {
        Scopes = Scopes.ToFrozenSet(),
        Metadata = Metadata.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(Metadata),
        Expires = Expires,
    };
}

/// <summary>What became of a join.</summary>
/// <param name="Error">An error of the catalogue by its number, or null.</param>
/// <param name="Epoch">The epoch of the hub's link to the gateway.</param>
/// <param name="Silo">Where the hub is.</param>
/// <param name="MayRunTwice">Types of messages that go to the hub's successor when the hub is lost with them.</param>
[GenerateSerializer, Immutable, Alias("relay.JoinReply")]
internal sealed record JoinReply([property: Id(0)] int? Error, [property: Id(1)] long Epoch, [property: Id(2)] string Silo, [property: Id(3)] string[] MayRunTwice);

/// <summary>What became of a sync.</summary>
/// <param name="Epoch">The epoch of the hub's link to the gateway. Another than before: what had been taken before and not been answered has an unknown outcome.</param>
/// <param name="Silo">Where the hub is.</param>
/// <param name="LastBatch">The last batch that the hub has taken from this gateway, 0 for none.</param>
/// <param name="Refused">Connections for which the hub has no place any more.</param>
/// <param name="Error">Why it has none.</param>
[GenerateSerializer, Immutable, Alias("relay.SyncReply")]
internal sealed record SyncReply(
    [property: Id(0)] long Epoch, [property: Id(1)] string Silo, [property: Id(2)] long LastBatch, [property: Id(3)] string[] Refused, [property: Id(4)] int Error);
