using System.Collections.Immutable;
using Relay.Core;
using Relay.Core.Rooms;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about rooms, and the rules over them.</summary>
internal static class RoomSettings
{
    private const int MiB = 1024 * 1024;

    private static readonly SettingType<string> Match = Checked($"1 to {Ids.MaxBytes} bytes, with * for any text", Ids.IsValid);

    private static readonly SettingGroup<RelayRoomsOptions> Rooms = new("rooms", s => s.Rooms, (s, v) => s with { Rooms = v });

    public static ImmutableArray<Setting> All { get; } =
    [
        Rooms.PerTenant.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The addresses / and /rooms/{room} for WebSockets."),
        Rooms.PerTenant.Value("max_message_bytes", Bytes(128, 64 * MiB), o => o.MaxMessageBytes, (o, v) => o with { MaxMessageBytes = v },
            "A longer message closes its member with message_too_big."),
        Rooms.PerTenant.Value("outbox_bytes", Bytes(1024, 1024 * MiB), o => o.OutboxBytes, (o, v) => o with { OutboxBytes = v },
            "What may wait for a member that reads slowly, each message with 64 bytes more; beyond it the member is closed with slow_consumer."),
        Rooms.PerTenant.Value("max_rooms", Int(1, 100_000_000), o => o.MaxRooms, (o, v) => o with { MaxRooms = v },
            "Rooms of one tenant; a new one beyond it gets too_many_rooms."),
        Rooms.PerTenant.Value("max_members", Int(0, 100_000_000), o => o.MaxMembers, (o, v) => o with { MaxMembers = v },
            "Members of one room; one more gets room_full. 0: no limit. A room keeps what it began with."),

        new RoomPatternSetting<string>("match", Match, p => p.Match, (p, v) => p with { Match = v },
            "The rooms that this pattern is for; * stands for any text. Of several that match, the one with the longest text beside * counts."),
        new RoomPatternSetting<int>("history_messages", Int(0, 100_000), p => p.Policy.HistoryMessages, (p, v) => p with { Policy = p.Policy with { HistoryMessages = v } },
            "Messages that are kept for members that come back with ?since=. 0: none."),
        new RoomPatternSetting<TimeSpan>("history_time", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(7)), p => p.Policy.HistoryTime, (p, v) => p with { Policy = p.Policy with { HistoryTime = v } },
            "How long they are kept."),
        new RoomPatternSetting<int>("history_bytes", Bytes(1024, 512 * MiB), p => p.Policy.HistoryBytes, (p, v) => p with { Policy = p.Policy with { HistoryBytes = v } },
            "How many bytes of them are kept, as the events that are sent again. At most half of rooms.outbox_bytes."),
        new RoomPatternSetting<bool>("presence", Bool, p => p.Policy.Presence, (p, v) => p with { Policy = p.Policy with { Presence = v } },
            "Tell members that asked for events who comes and goes, and list the members in the API."),
        new RoomPatternSetting<bool>("echo", Bool, p => p.Policy.Echo, (p, v) => p with { Policy = p.Policy with { Echo = v } },
            "Send a message to its sender as well."),
        new RoomPatternSetting<bool>("receive_only", Bool, p => p.Policy.ReceiveOnly, (p, v) => p with { Policy = p.Policy with { ReceiveOnly = v } },
            "Members only receive; a message closes its member with receive_only. Messages come by the API."),
    ];

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["rooms.outbox_bytes", "rooms.max_message_bytes"], (s, _) =>
            s.Rooms.OutboxBytes < s.Rooms.MaxMessageBytes
                ? $"must be at least rooms.max_message_bytes ({s.Rooms.MaxMessageBytes}), not {s.Rooms.OutboxBytes}: a message has to fit"
                : null),

        // What was missed is sent at once, and what happens meanwhile has to fit beside it.
        new(["rooms.patterns.NAME.history_bytes", "rooms.outbox_bytes", "rooms.patterns.NAME.history_messages"], (s, _) =>
            s.Rooms.Patterns.FirstOrDefault(each => each.Value.Policy.KeepsHistory && each.Value.Policy.HistoryBytes > s.Rooms.OutboxBytes / 2) is { Key: { } name, Value: var pattern }
                ? $"of {Readable.Name(name)} is {pattern.Policy.HistoryBytes}, more than half of rooms.outbox_bytes ({s.Rooms.OutboxBytes}): who comes back could not be sent it"
                : null),
    ];

    /// <summary>What the runtime is told of rooms.</summary>
    public static RoomOptions Options(RelayRoomsOptions rooms) => new(rooms.Patterns.Values, rooms.MaxRooms, rooms.MaxMembers);
}

/// <summary>A row of <c>rooms.patterns.NAME</c>.</summary>
internal abstract class RoomPatternSetting(string name, string doc) : Setting($"rooms.patterns.NAME.{name}", doc, isPerTenant: true)
{
    /// <summary>A name of the operator's own.</summary>
    protected const int NameAt = 2;

    public override bool Matches(ImmutableArray<string> path) =>
        path.Length == Path.Length && path[0] == Path[0] && path[1] == Path[1] && path[^1] == Path[^1];
}

/// <summary>A row of <c>rooms.patterns.NAME</c> with its type.</summary>
internal sealed class RoomPatternSetting<T>(string name, SettingType<T> type, Func<RoomPattern, T> get, Func<RoomPattern, T, RoomPattern> set, string doc)
    : RoomPatternSetting(name, doc)
{
    private const int MaxNameLength = 64;

    public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
    {
        var pattern = raw.Path[NameAt];
        var known = settings.Rooms.Patterns.GetValueOrDefault(pattern) ?? new(pattern, new());
        var row = new ValueSetting<T>(Key, Doc, type, _ => get(known), (all, value) => all with
        {
            Rooms = all.Rooms with { Patterns = all.Rooms.Patterns.SetItem(pattern, set(known, value)) },
        });
        if (pattern.Length is > 0 and <= MaxNameLength && pattern.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) return row.Apply(settings, raw, out fault);
        fault = $"a pattern's name is 1 to {MaxNameLength} letters, digits, - and _; the rooms it is for are its match";
        return null;
    }

    public override string Show(RelaySettings settings) => string.Join(", ", settings.Rooms.Patterns.Values.Select(each => type.Show(get(each))));

    public override bool IsSame(RelaySettings one, RelaySettings other) =>
        one.Rooms.Patterns.Keys.SequenceEqual(other.Rooms.Patterns.Keys)
        && one.Rooms.Patterns.All(each => EqualityComparer<T>.Default.Equals(get(each.Value), get(other.Rooms.Patterns[each.Key])));

    // All of a pattern at once: its rows are one record.
    public override RelaySettings Take(RelaySettings settings, RelaySettings from) => settings with { Rooms = settings.Rooms with { Patterns = from.Rooms.Patterns } };
}
