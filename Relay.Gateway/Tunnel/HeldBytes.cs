using System.Buffers;

namespace Relay.Gateway.Tunnel;

/// <summary>Bytes that wait, in arrays of the pool; takes as much memory as there are bytes, in steps. A mutable struct, kept in a field.</summary>
internal struct HeldBytes()
{
    private const int Step = 16 * 1024;
    private const int LargeStep = 128 * 1024;

    private readonly Queue<ArraySegment<byte>> _full = new(1);
    private byte[]? _last;
    private int _from;
    private int _to;

    public int Count { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_last is not null && _to == _last.Length)
            {
                _full.Enqueue(new(_last, _from, _to - _from));
                _last = null;
            }

            if (_last is null) (_last, _from, _to) = (ArrayPool<byte>.Shared.Rent(bytes.Length > Step ? LargeStep : Step), 0, 0);
            var count = Math.Min(bytes.Length, _last.Length - _to);
            bytes[..count].CopyTo(_last.AsSpan(_to));
            _to += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>The oldest bytes, in an array that is the caller's to give back to the pool.</summary>
    public ArraySegment<byte> Take()
    {
        if (!_full.TryDequeue(out var oldest))
        {
            oldest = new(_last!, _from, _to - _from);
            _last = null;
        }

        Count -= oldest.Count;
        return oldest;
    }

    public void Clear()
    {
        while (Count > 0) ArrayPool<byte>.Shared.Return(Take().Array!);
    }
}
