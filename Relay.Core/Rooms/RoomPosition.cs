using System.Globalization;

namespace Relay.Core.Rooms;

/// <summary>A place in a room's order. A room that begins anew has another epoch, so that its places are never taken for the old ones.</summary>
/// <param name="Epoch">The life of the room.</param>
/// <param name="Offset">Messages of that life up to here.</param>
public readonly record struct RoomPosition(string Epoch, long Offset)
{
    private const int MaxEpoch = 64;

    /// <summary>Reads a position as a client gives it back.</summary>
    /// <param name="text">The text.</param>
    /// <param name="position">The position.</param>
    /// <returns>False when it is none.</returns>
    public static bool TryParse(string text, out RoomPosition position)
    {
        position = default;
        var dash = text.IndexOf('-');
        if (dash is < 1 or > MaxEpoch || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return false;
        position = new(text[..dash], offset);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Offset}");
}
