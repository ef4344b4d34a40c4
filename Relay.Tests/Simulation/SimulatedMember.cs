using System.Globalization;
using System.Text.Json;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Rooms;

namespace Relay.Tests.Simulation;

/// <summary>A member that checks what it gets: within a life of the room no place is left out and none comes twice, unless it was told so.</summary>
internal sealed class SimulatedMember(string id, RoomPosition? since = null, int last = 0, bool isBare = false) : IRoomConnection
{
    public string Id => id;

    public UserIdentity Identity { get; } = new("default", "");

    public RoomPosition? Since { get; } = since;

    /// <summary>It gets bare messages: what it misses is only counted.</summary>
    public bool IsBare => isBare;

    /// <summary>A gap was counted since the last bare message.</summary>
    public bool HasGap { get; set; }

    /// <summary>The last position that it was given.</summary>
    public RoomPosition? Position { get; private set; } = since;

    /// <summary>The last message; messages are numbers that only go up.</summary>
    public int Last { get; private set; } = last;

    /// <summary>Whether it was told that it got what it missed.</summary>
    public bool? Outcome { get; private set; }

    public void Deliver(FrameBatch batch)
    {
        foreach (var frame in batch.Frames) Push(frame);
    }

    public void Push(Frame frame)
    {
        if (isBare)
        {
            Hear(int.Parse(frame.Bytes, CultureInfo.InvariantCulture));
            return;
        }

        var json = JsonDocument.Parse(frame.Bytes).RootElement;
        switch (json.GetProperty("type").GetString())
        {
            case "joined":
                Join(json);
                break;
            case "message":
                var position = Read(json);
                Assert.Equal(new(Position!.Value.Epoch, Position.Value.Offset + 1), position);
                Position = position;
                var number = int.Parse(json.GetProperty("text").GetString()!, CultureInfo.InvariantCulture);
                Assert.True(number > Last, $"{id} got {number} behind {Last}");
                Last = number;
                break;
        }
    }

    public void Return(Credit credit)
    {
    }

    public void Close(ErrorCode error) => Assert.Fail($"{id} was closed: {error}");

    private void Hear(int number)
    {
        Assert.True(Last == 0 || number == Last + 1 || (HasGap && number > Last), $"{id} got {number} behind {Last}");
        (Last, HasGap) = (number, false);
    }

    private void Join(JsonElement json)
    {
        var position = Read(json);
        bool? recovered = json.TryGetProperty("recovered", out var told) ? told.GetBoolean() : null;
        Outcome ??= recovered;

        // What was missed follows, up to the position that is told.
        if (recovered == true) Assert.Equal(Position!.Value.Epoch, position.Epoch);
        else Position = position;
    }

    private static RoomPosition Read(JsonElement json)
    {
        Assert.True(RoomPosition.TryParse(json.GetProperty("position").GetString()!, out var position));
        return position;
    }
}
