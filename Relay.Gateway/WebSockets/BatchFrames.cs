using Relay.Core.Protocol;
using Relay.WebSockets;

namespace Relay.Gateway.WebSockets;

/// <summary>Writes what a room or hub sends to many.</summary>
internal static class BatchFrames
{
    /// <summary>A batch's messages as they go on the wire.</summary>
    public static byte[] Write(FrameBatch batch)
    {
        var size = batch.Bytes;
        foreach (var frame in batch.Frames) size += FrameWriter.HeaderSize(frame.Length);
        var wire = GC.AllocateUninitializedArray<byte>(size);
        var rest = wire.AsSpan();
        foreach (var frame in batch.Frames)
        {
            rest = rest[FrameWriter.WriteHeader(rest, frame.IsText ? Opcode.Text : Opcode.Binary, frame.Length)..];
            frame.Bytes.CopyTo(rest);
            rest = rest[frame.Length..];
        }

        return wire;
    }
}
