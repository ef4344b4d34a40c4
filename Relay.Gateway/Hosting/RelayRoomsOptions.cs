using System.Collections.Immutable;
using Relay.Core.Rooms;

namespace Relay.Gateway.Hosting;

internal sealed record RelayRoomsOptions
{
    public bool Enabled { get; init; } = true;

    public int MaxMessageBytes { get; init; } = 64 * 1024;

    public int OutboxBytes { get; init; } = 1024 * 1024;

    /// <summary>Of one tenant.</summary>
    public int MaxRooms { get; init; } = 100_000;

    /// <summary>Of one room; 0 is no limit.</summary>
    public int MaxMembers { get; init; }

    /// <summary>By a name of the operator's own.</summary>
    public ImmutableSortedDictionary<string, RoomPattern> Patterns { get; init; } =
        ImmutableSortedDictionary.Create<string, RoomPattern>(StringComparer.Ordinal).Add("default", new RoomPattern("*", new RoomPolicy()));
}
