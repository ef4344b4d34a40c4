using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Relay.Abstractions;

namespace Relay.Plugins.Session;

/// <summary>The <c>data</c> that <c>session_</c> sends. A state is copied into it byte by byte, never read.</summary>
internal static class SessionJson
{
    private const int MaxNumberLength = 20;

    /// <summary>The state of a session that nobody has written to.</summary>
    public static readonly byte[] Null = "null"u8.ToArray();

    /// <summary>Writes <c>{"version":1}</c>.</summary>
    public static ReadOnlySpan<byte> Version(long version)
    {
        var data = new byte["{\"version\":}"u8.Length + MaxNumberLength];
        var length = WriteVersion(version, data);
        data[length++] = (byte)'}';
        return data.AsSpan(0, length);
    }

    /// <summary>Writes <c>{"version":1,"state":…}</c>.</summary>
    public static ReadOnlySpan<byte> State(long version, ReadOnlySpan<byte> state)
    {
        var name = ",\"state\":"u8;
        var data = new byte["{\"version\":}"u8.Length + MaxNumberLength + name.Length + state.Length];
        var length = WriteVersion(version, data);
        name.CopyTo(data.AsSpan(length));
        length += name.Length;
        state.CopyTo(data.AsSpan(length));
        length += state.Length;
        data[length++] = (byte)'}';
        return data.AsSpan(0, length);
    }

    /// <summary>Writes <c>{"sessions":[{"session_id":…,"version":…,"updated_at":…}]}</c>, times in UTC.</summary>
    public static ReadOnlySpan<byte> List(IReadOnlyList<StoredKey> sessions)
    {
        var data = new ArrayBufferWriter<byte>(64 + (96 * sessions.Count));
        using var json = new Utf8JsonWriter(data);
        json.WriteStartObject();
        json.WriteStartArray("sessions"u8);
        foreach (var session in sessions)
        {
            json.WriteStartObject();
            json.WriteString("session_id"u8, session.Key);
            json.WriteNumber("version"u8, session.Version);
            json.WriteString("updated_at"u8, session.UpdatedAt.UtcDateTime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return data.WrittenSpan;
    }

    private static int WriteVersion(long version, Span<byte> data)
    {
        var name = "{\"version\":"u8;
        name.CopyTo(data);
        Utf8Formatter.TryFormat(version, data[name.Length..], out var digits);
        return name.Length + digits;
    }
}
