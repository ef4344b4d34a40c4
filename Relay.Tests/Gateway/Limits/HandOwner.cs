using Relay.Core;
using Relay.Core.Limits;
using Relay.Core.Runtime;

namespace Relay.Tests.Gateway.Limits;

/// <summary>Who counts users' limits for several processes, in a test's hand.</summary>
internal sealed class HandOwner(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly RuntimeClock _clock = new(time);
    private readonly List<Process> _processes = [];
    private UserShares _shares = new(1, TimeSpan.FromSeconds(15));
    private TaskCompletionSource? _held;

    /// <summary>Reports that have come.</summary>
    public int Reports { get; private set; }

    /// <summary>Whether nobody can be reached.</summary>
    public bool IsLost { get; set; }

    public IUserLimitRuntime NewProcess()
    {
        var process = new Process(this, $"g{_processes.Count}");
        _processes.Add(process);
        return process;
    }

    /// <summary>Keeps answers back until it is ended.</summary>
    public TaskCompletionSource Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Another owner takes the place of this one, which may still answer.</summary>
    public void Succeed()
    {
        lock (_gate) _shares = new(_shares.Life + 1, TimeSpan.FromSeconds(15));
        foreach (var process in _processes)
        {
            var holdings = process.Host!.Hold(new(new("default"), 0), _shares.Life);
            lock (_gate) _shares.Restore(process.Id, holdings, new(_clock.Now));
        }
    }

    private async ValueTask<UserGrants?> ReportAsync(string id, long number, IReadOnlyList<UserWish> wishes)
    {
        UserGrants? grants;
        lock (_gate)
        {
            Reports++;
            if (IsLost) throw new TimeoutException();
            grants = _shares.Report(id, number, wishes, new(_clock.Now));
        }

        if (_held is { } held) await held.Task;
        return grants;
    }

    private sealed class Process(HandOwner owner, string id) : IUserLimitRuntime
    {
        public string Id => id;

        public IUserLimitHost? Host { get; private set; }

        public TimeSpan ReportEvery => TimeSpan.FromSeconds(5);

        public TimeSpan Patience => TimeSpan.FromSeconds(20);

        public CentralKey OwnerOf(UserKey user) => new(user.Tenant, 0);

        public ValueTask<UserGrants?> ReportAsync(CentralKey key, long number, IReadOnlyList<UserWish> wishes) => owner.ReportAsync(id, number, wishes);

        public void Serve(IUserLimitHost host) => Host = host;
    }
}
