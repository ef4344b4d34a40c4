using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Relay.Gateway.Hosting;

/// <summary>The server's connections read and write in blocks of <see cref="BlockPool.BlockBytes"/>.</summary>
internal sealed class BlockPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();
}

/// <summary>
/// The memory between sockets and frames. The server's own pool has blocks of 4 KB, and a socket is read and written once for each: what is moved
/// in bulk (pipes, tunnels, the bodies of nodes) pays three system calls for every 4 KB. A connection that is idle has no block.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>What a block holds; only the pages that are written to cost memory.</summary>
    public const int BlockBytes = 64 * 1024;

    /// <summary>How many free blocks are kept for the next user; more are left to the garbage collector.</summary>
    public const int MaxFree = 512;

    private readonly ConcurrentBag<Block> _free = [];
    private int _freeCount;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_free.TryTake(out var block)) return new Block(this);
        Interlocked.Decrement(ref _freeCount);
        block.IsFree = false;
        return block;
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _freeCount) <= MaxFree) _free.Add(block);
        else Interlocked.Decrement(ref _freeCount);
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        // Pinned, so that the socket need not pin it for each operation.
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public bool IsFree { get; set; }

        public Memory<byte> Memory => _bytes;

        public void Dispose()
        {
            if (IsFree) return;
            IsFree = true;
            pool.Return(this);
        }
    }
}
