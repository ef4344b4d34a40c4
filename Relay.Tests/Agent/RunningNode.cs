using Relay.Agent;

namespace Relay.Tests.Agent;

/// <summary><c>relay-agent node</c>, running in the test's process.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly AgentRig _rig = new();

    private RunningNode(string[] args) => Exit = Task.Run(() => AgentCommands.RunAsync(["node", .. args], _rig.Context(TimeProvider.System)));

    /// <summary>Its exit code.</summary>
    public Task<int> Exit { get; }

    public string Log => _rig.Error.ToString();

    public static RunningNode Start(string relay, string upstream, params string[] more) => new(["--relay", relay, "--upstream", upstream, "--node-id", "test-node", .. more]);

    /// <summary>Ends when the relay has welcomed it.</summary>
    public Task Connected => _rig.Error.WaitForAsync("connected to").WaitAsync(FakeNodeLink.Bound);

    public void Stop() => _rig.Stop();

    public void StopNow() => _rig.StopNow();

    public async Task<int> EndAsync() => await Exit.WaitAsync(FakeNodeLink.Bound);

    public async ValueTask DisposeAsync()
    {
        _rig.Stop();
        _rig.StopNow();
        await EndAsync();
        _rig.Dispose();
    }
}
