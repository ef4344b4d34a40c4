using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>When plugin code counts as blocking its thread.</summary>
public sealed class WatchdogTests : TimeProvider
{
    internal static readonly RuntimeOptions Options = new(
        new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 10),
        new RestartPolicy((TimeSpan?)null),
        new InboxLimits(100, 1 << 20, TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromSeconds(10)),
        4,
        3);

    private Action _sweep = static () => { };
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    [Fact]
    public async Task SweepsThatRunOneRightAfterTheOtherDoNotMakeAPluginBlocked()
    {
        using var probe = new Probe();
        using var services = new ServiceCollection().AddSingleton(probe).BuildServiceProvider();
        var registry = PluginRegistry.Build([new PluginRegistration(typeof(TestPlugin))], _ => PluginSettings.None, []);
        using var runtime = new InProcessRuntime(Options, registry, new MemoryStores(), services, NullLoggerFactory.Instance, this);
        var connection = new RecordingConnection("c1");
        var join = await runtime.JoinAsync(new UserKey(TenantId.Default, "alice"), connection);
        join.Link!.Send(Messages.Of("t_block", "r1", "\"gate\""));
        await probe.HeardAsync("blocked");
        _sweep();
        _sweep();
        _now += (Options.SweepInterval / 2).Ticks - 1;
        _sweep();
        Assert.Equal(0, runtime.Counters.BlockedThreads);
        _now++;
        _sweep();
        Assert.Equal(1, runtime.Counters.BlockedThreads);
        probe.Open("gate");
        Assert.Equal("t_said", (await connection.AnswerAsync("r1")).Outcome());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _sweep = () => callback(state);
        return new HandTimer();
    }

    private sealed class HandTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
