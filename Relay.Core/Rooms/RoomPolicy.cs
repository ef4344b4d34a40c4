namespace Relay.Core.Rooms;

/// <summary>What a room does beyond passing messages on. The default does nothing.</summary>
public sealed record RoomPolicy
{
    /// <summary>Messages that are kept for who comes back; 0 keeps none.</summary>
    public int HistoryMessages { get; init; }

    /// <summary>How long a message is kept.</summary>
    public TimeSpan HistoryTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The kept messages' bytes, as events.</summary>
    public int HistoryBytes { get; init; } = 256 * 1024;

    /// <summary>Members are told who comes and goes, and can be listed.</summary>
    public bool Presence { get; init; }

    /// <summary>A message goes to its sender as well.</summary>
    public bool Echo { get; init; } = true;

    /// <summary>Members only receive; messages come from a back end.</summary>
    public bool ReceiveOnly { get; init; }

    /// <summary>Members of the room; 0 for any number. What is said of all rooms, not by pattern.</summary>
    public int MaxMembers { get; init; }

    /// <summary>Whether any message is kept.</summary>
    public bool KeepsHistory => HistoryMessages > 0;
}

/// <summary>A policy for all rooms whose names match.</summary>
/// <param name="Match">The name, in which <c>*</c> stands for any run of characters.</param>
/// <param name="Policy">The policy.</param>
public sealed record RoomPattern(string Match, RoomPolicy Policy)
{
    /// <summary>Whether a room's name matches.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it does.</returns>
    public bool Matches(string name)
    {
        // Greedy with one point of return: linear for what people write, and never worse than the product of the lengths.
        var (pattern, at, star, from) = (0, 0, -1, 0);
        while (at < name.Length)
        {
            if (pattern < Match.Length && Match[pattern] == '*')
                (star, from, pattern) = (pattern, at, pattern + 1);
            else if (pattern < Match.Length && Match[pattern] == name[at])
                (pattern, at) = (pattern + 1, at + 1);
            else if (star >= 0)
                (pattern, at, from) = (star + 1, from + 1, from + 1);
            else
                return false;
        }

        while (pattern < Match.Length && Match[pattern] == '*') pattern++;
        return pattern == Match.Length;
    }
}

/// <summary>What bounds the rooms of a runtime, and what each of them does.</summary>
public sealed class RoomOptions
{
    private readonly RoomPattern[] _patterns;
    private readonly RoomPolicy _plain;

    /// <summary>Makes them.</summary>
    /// <param name="patterns">Policies; of those that match a room the one with the longest literal text counts, then the first.</param>
    /// <param name="maxRooms">Rooms of one tenant.</param>
    /// <param name="maxMembers">Members of one room; 0 for any number.</param>
    public RoomOptions(IEnumerable<RoomPattern> patterns, int maxRooms, int maxMembers = 0)
    {
        _patterns = [.. patterns
            .OrderByDescending(static pattern => pattern.Match.Length - pattern.Match.Count('*'))
            .Select(pattern => pattern with { Policy = pattern.Policy with { MaxMembers = maxMembers } })];
        _plain = new() { MaxMembers = maxMembers };
        MaxRooms = maxRooms;
    }

    /// <summary>Rooms of one tenant.</summary>
    public int MaxRooms { get; }

    /// <summary>The policy of a room.</summary>
    /// <param name="name">The room's name.</param>
    /// <returns>The policy.</returns>
    public RoomPolicy Of(string name)
    {
        foreach (var pattern in _patterns)
            if (pattern.Matches(name)) return pattern.Policy;
        return _plain;
    }
}
