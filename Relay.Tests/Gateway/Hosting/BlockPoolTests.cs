using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Hosting;

public sealed class BlockPoolTests
{
    [Fact]
    public void BlockIsGivenAgainOnceItIsFree()
    {
        using var pool = new BlockPool();
        var first = pool.Rent(4096);
        var memory = first.Memory;
        Assert.Equal(BlockPool.BlockBytes, memory.Length);

        first.Dispose();
        first.Dispose(); // a second time frees nothing

        using var second = pool.Rent(1);
        using var third = pool.Rent(1);
        Assert.True(second.Memory.Equals(memory));
        Assert.False(third.Memory.Equals(memory));
    }

    [Fact]
    public void MoreThanABlockIsRefused()
    {
        using var pool = new BlockPool();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockPool.BlockBytes + 1));
    }

    [Fact]
    public void NoMoreFreeBlocksAreKeptThanTheBound()
    {
        using var pool = new BlockPool();
        var all = Enumerable.Range(0, BlockPool.MaxFree + 1).Select(_ => pool.Rent()).ToArray();
        var known = all.Select(static block => (object)block).ToHashSet();
        foreach (var block in all) block.Dispose();

        var again = Enumerable.Range(0, BlockPool.MaxFree + 1).Select(_ => pool.Rent()).ToArray();
        Assert.Equal(BlockPool.MaxFree, again.Count(known.Contains));
    }

    [Fact]
    public void ServerTakesItsMemoryFromThePool()
    {
        var builder = RelayHost.CreateBuilder("test", new RelaySettings(), logFile: null);
        using var services = builder.Services.BuildServiceProvider();
        using var pool = services.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
        Assert.IsType<BlockPool>(pool);
    }
}
