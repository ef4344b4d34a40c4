namespace Relay.Core.Limits;

/// <summary>What a gateway has of a user's limits, and what it wants of them.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Limits">The user's limits.</param>
/// <param name="Held">What the gateway has: what it was granted before and has not, has not arrived.</param>
/// <param name="Opens">Sockets that it wants to open.</param>
/// <param name="Connects">Requests that it wants to let in.</param>
/// <param name="Messages">Tokens for messages that it wants to borrow.</param>
/// <param name="Bytes">Tokens for bytes that it wants to borrow.</param>
public readonly record struct UserWish(string UserId, SubjectLimits Limits, UserHolding Held, int Opens, int Connects, long Messages, long Bytes);

/// <summary>What a gateway has of a user's limits.</summary>
/// <param name="Open">Sockets that are open.</param>
/// <param name="Messages">Tokens for messages that were borrowed and not used.</param>
/// <param name="Bytes">The same for bytes.</param>
public readonly record struct UserHolding(int Open, long Messages, long Bytes);

/// <summary>What a gateway is given, of what it wished.</summary>
/// <param name="Opens">Sockets that it may open.</param>
/// <param name="Connects">Requests that it may let in.</param>
/// <param name="ConnectsAfter">How long until there will be more, when it is not all that was wished.</param>
/// <param name="Messages">Tokens for messages.</param>
/// <param name="MessagesAfter">How long until it is worth asking again, when there were none.</param>
/// <param name="Bytes">Tokens for bytes.</param>
/// <param name="BytesAfter">The same as for messages.</param>
public readonly record struct UserGrant(int Opens, int Connects, TimeSpan ConnectsAfter, long Messages, TimeSpan MessagesAfter, long Bytes, TimeSpan BytesAfter);

/// <summary>What a gateway is answered.</summary>
/// <param name="Life">The number of whoever answers; that of a successor is higher.</param>
/// <param name="IsUnknown">The gateway was not known, or not any more: all that it has is to be told.</param>
/// <param name="Grants">One for each wish.</param>
public sealed record UserGrants(long Life, bool IsUnknown, IReadOnlyList<UserGrant> Grants);

/// <summary>All that a gateway has of the users of one owner.</summary>
/// <param name="Number">The number of its last report.</param>
/// <param name="Users">The users.</param>
public sealed record UserHoldings(long Number, IReadOnlyList<(string UserId, UserHolding Held)> Users);
