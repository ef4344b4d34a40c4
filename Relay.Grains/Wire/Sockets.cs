using Relay.Core.Runtime;

namespace Relay.Grains.Wire;

/// <summary>Which sockets a gateway is asked about.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="UserId">See <see cref="SocketChoice"/>.</param>
/// <param name="ConnectionId">See <see cref="SocketChoice"/>.</param>
[GenerateSerializer, Immutable, Alias("relay.SocketQuery")]
internal sealed record SocketQuery([property: Id(0)] string Tenant, [property: Id(1)] string? UserId, [property: Id(2)] string? ConnectionId)
{
    public SocketChoice Choice => new(UserId, ConnectionId);
}

/// <summary>A gateway's part of a list of sockets.</summary>
/// <param name="Total">How many there are at the gateway.</param>
/// <param name="Sockets">Those asked for, in order.</param>
[GenerateSerializer, Immutable, Alias("relay.SocketList")]
internal sealed record SocketList([property: Id(0)] int Total, [property: Id(1)] SocketItem[] Sockets)
{
    public static SocketList Of(SocketPage page) => new(page.Total, [.. page.Sockets.Select(static socket => new SocketItem(socket.ConnectionId, socket.UserId, socket.Job))]);
}

/// <summary>A socket; see <see cref="SocketInfo"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.SocketItem")]
internal readonly record struct SocketItem([property: Id(0)] string ConnectionId, [property: Id(1)] string UserId, [property: Id(2)] string Job);
