using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Relay.WebSockets;

/// <summary>The mask of client frames (RFC 6455, 5.3). A key is its four wire bytes as they lie in memory.</summary>
internal static class Masking
{
    public static uint ReadKey(ReadOnlySpan<byte> wire) => MemoryMarshal.Read<uint>(wire);

    /// <summary>
    /// Masks or unmasks all of <paramref name="source"/> into <paramref name="destination"/>, which may be the same memory but must not
    /// overlap it otherwise. <paramref name="phase"/> is how many bytes of the frame's payload came before;
    /// <paramref name="key"/> 0 only copies.
    /// </summary>
    public static void Apply(ReadOnlySpan<byte> source, Span<byte> destination, uint key, long phase)
    {
        if (key == 0)
        {
            source.CopyTo(destination);
            return;
        }

        // The vectors below are read and written without further checks.
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length);
        key = Rotate(key, phase);
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        nuint at = 0;
        var length = (nuint)source.Length;

        if (Vector256.IsHardwareAccelerated && length >= (nuint)Vector256<byte>.Count)
        {
            var keys = Vector256.Create(key).AsByte();
            for (; at + (nuint)Vector256<byte>.Count <= length; at += (nuint)Vector256<byte>.Count)
                (Vector256.LoadUnsafe(ref from, at) ^ keys).StoreUnsafe(ref to, at);
        }

        if (Vector128.IsHardwareAccelerated && length - at >= (nuint)Vector128<byte>.Count)
        {
            var keys = Vector128.Create(key).AsByte();
            for (; at + (nuint)Vector128<byte>.Count <= length; at += (nuint)Vector128<byte>.Count)
                (Vector128.LoadUnsafe(ref from, at) ^ keys).StoreUnsafe(ref to, at);
        }

        for (; at + sizeof(uint) <= length; at += sizeof(uint))
        {
            var word = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, at));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), word ^ key);
        }

        // Every step above was a multiple of four bytes, so the key is still in phase.
        for (; at < length; at++)
        {
            Unsafe.Add(ref to, at) = (byte)(Unsafe.Add(ref from, at) ^ FirstByte(key));
            key = Rotate(key, 1);
        }
    }

    /// <summary>The same over the segments of a sequence.</summary>
    public static void Apply(in ReadOnlySequence<byte> source, Span<byte> destination, uint key, long phase)
    {
        if (source.IsSingleSegment)
        {
            Apply(source.FirstSpan, destination, key, phase);
            return;
        }

        foreach (var segment in source)
        {
            Apply(segment.Span, destination, key, phase);
            destination = destination[segment.Length..];
            phase += segment.Length;
        }
    }

    private static byte FirstByte(uint key) => (byte)(BitConverter.IsLittleEndian ? key : key >> 24);

    private static uint Rotate(uint key, long bytes)
    {
        var bits = (int)(bytes & 3) * 8;
        return BitConverter.IsLittleEndian ? BitOperations.RotateRight(key, bits) : BitOperations.RotateLeft(key, bits);
    }
}
