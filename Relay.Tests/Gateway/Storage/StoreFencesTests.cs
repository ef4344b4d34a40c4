using System.Runtime.CompilerServices;
using Relay.Core;
using Relay.Gateway.Storage;

namespace Relay.Tests.Gateway.Storage;

public sealed class StoreFencesTests
{
    private readonly StoreFences _fences = new();

    [Fact]
    public void FencesAreForgottenWithTheirHandles()
    {
        var kept = _fences.Open(Key("kept"), 3);
        OpenAndDrop(500);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        _fences.Sweep();

        Assert.InRange(_fences.Count, 1, 5);
        Assert.True(_fences.Open(Key("kept"), 2).Covers(2));
        Assert.False(kept.Covers(3));
    }

    [Fact]
    public void AFenceForNobodyLeavesNothing()
    {
        _fences.Fence(Key("nobody"), 5);

        Assert.Equal(0, _fences.Count);
    }

    [Fact]
    public void FencesOnlyRise()
    {
        var fence = _fences.Open(Key("ann"), 8);
        _fences.Fence(Key("ann"), 3);

        Assert.True(fence.Covers(7));
        Assert.False(fence.Covers(8));
    }

    [Fact]
    public void ThreadsThatOpenTheSamePluginShareItsFence()
    {
        for (var round = 0; round < 200; round++)
        {
            var key = Key($"user{round}");
            var opened = new StoreFence[4];
            Parallel.For(0, opened.Length, i => opened[i] = _fences.Open(key, i + 1));

            Assert.All(opened, fence => Assert.Same(opened[0], fence));
            Assert.True(opened[0].Covers(3));
            Assert.False(opened[0].Covers(4));
        }
    }

    private static PluginKey Key(string user) => new(new(new("default"), user), "notes_");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OpenAndDrop(int count)
    {
        for (var i = 0; i < count; i++) _fences.Open(Key($"gone{i}"), 1);
        Assert.Equal(count + 1, _fences.Count);
    }
}
