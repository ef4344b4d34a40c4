using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Relay.Gateway.Connections;

/// <summary>
/// The memory that the server receives into and sends from. Its own blocks have 4 KB, and it asks the kernel for one block's worth at a time: of a
/// stream that is 16 system calls for each 64 KB. A connection that waits for input holds no block, so larger ones cost nothing when idle.
/// </summary>
internal sealed class LargeBlockPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options) => new LargeBlockPool();
}

/// <summary>Blocks of one size, the last one given back first: it is still in the processor's cache.</summary>
internal sealed class LargeBlockPool : MemoryPool<byte>
{
    /// <summary>The size of a block.</summary>
    public const int BlockBytes = 32 * 1024;

    // What is kept for the next burst; beyond it blocks are the garbage collector's.
    private const int MaxSpares = 512;

    private readonly ConcurrentBag<Block> _spares = [];
    private int _count;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_spares.TryTake(out var block)) return new Block(this);
        Interlocked.Decrement(ref _count);
        block.Rented();
        return block;
    }

    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _count) <= MaxSpares) _spares.Add(block);
        else Interlocked.Decrement(ref _count);
    }

    private sealed class Block(LargeBlockPool pool) : IMemoryOwner<byte>
    {
        // Pinned: the kernel writes into it while the collector may want to move things.
        private readonly Memory<byte> _memory = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
        private int _isFree;

        public Memory<byte> Memory => _memory;

        internal void Rented() => _isFree = 0;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFree, 1) == 0) pool.Return(this);
        }
    }
}
