using System.Collections.Concurrent;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>Memory for data on its way to the relay, with room before it for the headers, so that nothing is copied to put them there.</summary>
internal sealed class SendBuffer
{
    /// <summary>Room for a WebSocket's header (14) and a tunnel's (6).</summary>
    public const int HeaderRoom = 32;

    /// <summary>The most data in one.</summary>
    public const int Capacity = (128 * 1024) - HeaderRoom;

    // More than this many are in use only while more tunnels than this have data at the same moment.
    private const int MostKept = 64;

    private static readonly ConcurrentBag<SendBuffer> Kept = [];

    private SendBuffer()
    {
    }

    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(HeaderRoom + Capacity, pinned: true);

    /// <summary>Where the data is received.</summary>
    public Memory<byte> Room(int most) => Bytes.AsMemory(HeaderRoom, Math.Min(most, Capacity));

    public static SendBuffer Rent() => Kept.TryTake(out var kept) ? kept : new();

    public void Return()
    {
        if (Kept.Count < MostKept) Kept.Add(this);
    }
}
