using Relay.Core.Limits;

namespace Relay.Grains.Wire;

/// <summary>See <see cref="UserWish"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.UserWishWire")]
internal sealed record UserWishWire(
    [property: Id(0)] string UserId,
    [property: Id(1)] LimitsWire Limits,
    [property: Id(2)] UserHoldingWire Held,
    [property: Id(3)] int Opens,
    [property: Id(4)] int Connects,
    [property: Id(5)] long Messages,
    [property: Id(6)] long Bytes)
{
    public static UserWishWire Of(UserWish wish) =>
        new(wish.UserId, LimitsWire.Of(wish.Limits), UserHoldingWire.Of(wish.UserId, wish.Held), wish.Opens, wish.Connects, wish.Messages, wish.Bytes);

    public UserWish ToWish() => new(UserId, Limits.ToLimits(), Held.ToHolding(), Opens, Connects, Messages, Bytes);
}

/// <summary>See <see cref="UserHolding"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.UserHoldingWire")]
internal readonly record struct UserHoldingWire([property: Id(0)] string UserId, [property: Id(1)] int Open, [property: Id(2)] long Messages, [property: Id(3)] long Bytes)
{
    public static UserHoldingWire Of(string user, UserHolding held) => new(user, held.Open, held.Messages, held.Bytes);

    public UserHolding ToHolding() => new(Open, Messages, Bytes);
}

/// <summary>See <see cref="UserHoldings"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.UserHoldingsWire")]
internal sealed record UserHoldingsWire([property: Id(0)] long Number, [property: Id(1)] UserHoldingWire[] Users)
{
    public static UserHoldingsWire Of(UserHoldings holdings) => new(holdings.Number, [.. holdings.Users.Select(static one => UserHoldingWire.Of(one.UserId, one.Held))]);

    public UserHoldings ToHoldings() => new(Number, [.. Users.Select(static one => (one.UserId, one.ToHolding()))]);
}

/// <summary>See <see cref="UserGrant"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.UserGrantWire")]
internal readonly record struct UserGrantWire(
    [property: Id(0)] int Opens,
    [property: Id(1)] int Connects,
    [property: Id(2)] TimeSpan ConnectsAfter,
    [property: Id(3)] long Messages,
    [property: Id(4)] TimeSpan MessagesAfter,
    [property: Id(5)] long Bytes,
    [property: Id(6)] TimeSpan BytesAfter);

/// <summary>See <see cref="UserGrants"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.UserGrantsWire")]
internal sealed record UserGrantsWire([property: Id(0)] long Life, [property: Id(1)] bool IsUnknown, [property: Id(2)] UserGrantWire[] Grants)
{
    public static UserGrantsWire? Of(UserGrants? grants) => grants is null
        ? null
        : new(grants.Life, grants.IsUnknown, [.. grants.Grants.Select(static one => new UserGrantWire(one.Opens, one.Connects, one.ConnectsAfter, one.Messages, one.MessagesAfter, one.Bytes, one.BytesAfter))]);

    public UserGrants ToGrants() =>
        new(Life, IsUnknown, [.. Grants.Select(static one => new UserGrant(one.Opens, one.Connects, one.ConnectsAfter, one.Messages, one.MessagesAfter, one.Bytes, one.BytesAfter))]);
}
