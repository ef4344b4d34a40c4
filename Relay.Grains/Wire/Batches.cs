namespace Relay.Grains.Wire;

/// <summary>What a gateway tells a user's hub.</summary>
internal enum ClientItemKind
{
    Message = 0,
    Leave = 1,

    /// <summary>The connection's outbox, of which the hub was told that it is full, has room again.</summary>
    Room = 2,
}

/// <summary>One thing that a gateway tells a user's hub about a connection.</summary>
/// <param name="Kind">What.</param>
/// <param name="Connection">The connection.</param>
/// <param name="Number">A message's number on the user's link; of <see cref="ClientItemKind.Room"/> the epoch of the hub that was told that there is none.</param>
/// <param name="Frame">A message.</param>
[GenerateSerializer, Immutable, Alias("relay.ClientItem")]
internal readonly record struct ClientItem([property: Id(0)] ClientItemKind Kind, [property: Id(1)] string Connection, [property: Id(2)] long Number, [property: Id(3)] byte[] Frame);

/// <summary>What one user's connections at a gateway send to the user's hub.</summary>
/// <param name="User">The user, as an actor's key.</param>
/// <param name="Epoch">The epoch of the hub's link to the gateway.</param>
/// <param name="Number">Counts the gateway's batches: one that comes twice counts once.</param>
/// <param name="Items">In their order.</param>
/// <param name="Traces">The spans of those that are traced; null when none is.</param>
[GenerateSerializer, Immutable, Alias("relay.UserBatch")]
internal sealed record UserBatch(
    [property: Id(0)] string User, [property: Id(1)] long Epoch, [property: Id(2)] long Number, [property: Id(3)] ClientItem[] Items, [property: Id(4)] ItemTrace[]? Traces = null);

/// <summary>The span of a message at its gateway.</summary>
/// <param name="Item">Which item of the batch it is.</param>
/// <param name="Context">Trace, span and flags.</param>
[GenerateSerializer, Immutable, Alias("relay.ItemTrace")]
internal readonly record struct ItemTrace([property: Id(0)] int Item, [property: Id(1)] byte[] Context);

/// <summary>What a hub does to a connection.</summary>
internal enum DeliveryKind
{
    Answer = 0,
    Push = 1,
    Return = 2,
    KeepOpen = 3,
    Close = 4,

    /// <summary>The hub goes elsewhere: sync with its successor. Names no connection.</summary>
    Moved = 5,

    /// <summary>All of the user's groups. Names no connection, as the next two.</summary>
    Groups = 6,

    /// <summary>The user has joined a group.</summary>
    GroupJoined = 7,

    /// <summary>The user has left a group.</summary>
    GroupLeft = 8,

    /// <summary>The hub ends and has not begun with the message: it goes to the successor.</summary>
    HandBack = 9,

    /// <summary>The hub is about to go elsewhere, and still answers: send nothing until it has <see cref="Moved"/>. Names no connection.</summary>
    Leaving = 10,
}

/// <summary>One thing that a hub does to a connection; a call of the connection's interface on its way.</summary>
/// <param name="Kind">Which call.</param>
/// <param name="Connection">The connection.</param>
/// <param name="Frame">The frame of an answer or a push; of what is told of groups, their names; of <see cref="DeliveryKind.HandBack"/> the message.</param>
/// <param name="Messages">The credit's messages; of <see cref="DeliveryKind.KeepOpen"/> by how much; of <see cref="DeliveryKind.Close"/> the error.</param>
/// <param name="Bytes">The credit's bytes.</param>
/// <param name="Number">The credit's message; of what is told of groups, see <see cref="GroupSet.Number"/>; of <see cref="DeliveryKind.HandBack"/> the message.</param>
[GenerateSerializer, Immutable, Alias("relay.Delivery")]
internal readonly record struct Delivery(
    [property: Id(0)] DeliveryKind Kind, [property: Id(1)] string Connection, [property: Id(2)] byte[] Frame, [property: Id(3)] int Messages, [property: Id(4)] int Bytes, [property: Id(5)] long Number);

/// <summary>What one hub sends to one gateway.</summary>
/// <param name="User">The user, as an actor's key.</param>
/// <param name="Epoch">The epoch of the hub's link to the gateway.</param>
/// <param name="Items">In their order.</param>
[GenerateSerializer, Immutable, Alias("relay.UserDelivery")]
internal sealed record UserDelivery([property: Id(0)] string User, [property: Id(1)] long Epoch, [property: Id(2)] Delivery[] Items);

/// <summary>What all hubs of a silo send to one gateway; also the silo's heartbeat.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Outbox">When the silo began to send to this gateway: another number tells that it had given the gateway up meanwhile.</param>
/// <param name="Number">Counts the silo's batches to this gateway: one that comes twice counts once.</param>
/// <param name="Users">Each hub's part.</param>
/// <param name="Gone">Silos that the cluster has declared dead since the batch before.</param>
/// <param name="Rooms">Each room's part.</param>
[GenerateSerializer, Immutable, Alias("relay.DeliveryBatch")]
internal sealed record DeliveryBatch(
    [property: Id(0)] string Silo,
    [property: Id(3)] long Outbox,
    [property: Id(1)] long Number,
    [property: Id(2)] UserDelivery[] Users,
    [property: Id(4)] string[] Gone,
    [property: Id(5)] RoomDelivery[] Rooms);

/// <summary>Connections whose outboxes are full: their gateway tells when there is room again.</summary>
/// <param name="Full">User and connection.</param>
[GenerateSerializer, Immutable, Alias("relay.DeliveryReply")]
internal sealed record DeliveryReply([property: Id(0)] (string User, string Connection)[] Full);
