using Relay.Core.Hubs;

namespace Relay.Tests.Rules;

/// <summary>What a hub knows of one plugin.</summary>
public class PluginSlotTests
{
    private static readonly RestartPolicy Strict = new((TimeSpan?)null);

    private readonly PluginSlot _slot = new();

    [Fact]
    public void ItGoesFromPendingToRunningToStoppedAndBack()
    {
        Assert.Equal((PluginStatus.Pending, 0L, false), (_slot.Status, _slot.Incarnation, _slot.IsAlive));
        Assert.True(_slot.Want(1));
        Assert.False(_slot.Want(2));
        Assert.Equal((PluginStatus.Pending, 1L, true), (_slot.Status, _slot.Incarnation, _slot.IsAlive));
        Assert.True(_slot.Started(1));
        Assert.False(_slot.Started(1));
        Assert.False(_slot.Want(3));
        Assert.Equal(PluginStatus.Running, _slot.Status);
        Assert.False(_slot.Ended(1, 4));
        Assert.Equal((PluginStatus.Stopped, false), (_slot.Status, _slot.IsAlive));
        Assert.True(_slot.Want(5));
        Assert.Equal(5, _slot.Incarnation);
    }

    [Fact]
    public void TheFirstCrashRestartsUnderTheNextNumberAndTheSecondFails()
    {
        _slot.Want(1);
        Assert.Equal(CrashVerdict.Restart, _slot.Crashed(1, 2, Strict, default));
        Assert.Equal((PluginStatus.Pending, 2L, 1), (_slot.Status, _slot.Incarnation, _slot.Crashes));
        _slot.Started(2);
        Assert.Equal(CrashVerdict.Fail, _slot.Crashed(2, 3, Strict, default));
        Assert.Equal((PluginStatus.Failed, 2L, false), (_slot.Status, _slot.Incarnation, _slot.IsAlive));
        Assert.False(_slot.Want(4));
        Assert.Equal(CrashVerdict.Ignore, _slot.Crashed(2, 5, Strict, default));
        Assert.False(_slot.Ended(2, 6));
        Assert.True(_slot.Revive());
        Assert.Equal((PluginStatus.Pending, 0), (_slot.Status, _slot.Crashes));
        Assert.False(_slot.Revive());
        Assert.True(_slot.Want(7));
    }

    [Fact]
    public void NewsOfOtherInstancesIsIgnored()
    {
        _slot.Want(2);
        foreach (var other in (long[])[0, 1, 3])
        {
            Assert.False(_slot.Started(other));
            Assert.Equal(CrashVerdict.Ignore, _slot.Crashed(other, 9, Strict, default));
            Assert.False(_slot.Ended(other, 9));
        }

        Assert.Equal((PluginStatus.Pending, 2L, 0), (_slot.Status, _slot.Incarnation, _slot.Crashes));
    }

    [Fact]
    public void ACrashWhileEndingIsAnEnd()
    {
        _slot.Want(1);
        Assert.True(_slot.End());
        Assert.True(_slot.IsEnding);
        Assert.Equal(CrashVerdict.Ended, _slot.Crashed(1, 2, Strict, default));
        Assert.Equal((PluginStatus.Pending, 0, false), (_slot.Status, _slot.Crashes, _slot.IsEnding));
    }

    [Fact]
    public void WhatIsWantedWhileEndingComesAfterTheEnd()
    {
        _slot.Want(1);
        _slot.End();
        Assert.False(_slot.Want(2));
        Assert.False(_slot.Started(1));
        Assert.True(_slot.Ended(1, 3));
        Assert.Equal((PluginStatus.Pending, 3L, true), (_slot.Status, _slot.Incarnation, _slot.IsAlive));
        Assert.False(_slot.Ended(3, 4));
        Assert.Equal(PluginStatus.Stopped, _slot.Status);
    }

    [Fact]
    public void ASecondEndTakesTheWantBack()
    {
        _slot.Want(1);
        _slot.End();
        _slot.Want(2);
        Assert.False(_slot.End());
        Assert.False(_slot.Ended(1, 3));
        Assert.False(_slot.IsAlive);
    }

    [Fact]
    public void OnlyWhatIsAliveIsEnded()
    {
        Assert.False(_slot.End());
        _slot.Want(1);
        _slot.Ended(1, 2);
        Assert.False(_slot.End());
    }

    [Fact]
    public void RenewingForgetsCrashesFailureAndStop()
    {
        _slot.Want(1);
        _slot.Crashed(1, 2, Strict, default);
        _slot.Crashed(2, 3, Strict, default);
        _slot.Renew();
        Assert.Equal((PluginStatus.Pending, 0), (_slot.Status, _slot.Crashes));
        _slot.Want(4);
        _slot.Ended(4, 5);
        _slot.Renew();
        Assert.Equal(PluginStatus.Pending, _slot.Status);
        _slot.Want(6);
        _slot.Started(6);
        _slot.Renew();
        Assert.Equal(PluginStatus.Running, _slot.Status);
    }

    [Fact]
    public void AWindowForgivesOnlyWhatIsOlder()
    {
        var policy = new RestartPolicy(TimeSpan.FromSeconds(60));
        _slot.Want(1);
        Assert.Equal(CrashVerdict.Restart, _slot.Crashed(1, 2, policy, TimeSpan.FromSeconds(100)));
        Assert.Equal(CrashVerdict.Restart, _slot.Crashed(2, 3, policy, TimeSpan.FromSeconds(160.001)));
        Assert.Equal(CrashVerdict.Fail, _slot.Crashed(3, 4, policy, TimeSpan.FromSeconds(220.001)));
    }
}
