using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes;

namespace Relay.Tests.Rules;

/// <summary>A pool whose effects are written down.</summary>
internal sealed class NodePoolRig : INodePoolPort<string, string>
{
    private readonly List<string> _said = [];

    public NodePoolRig(NodePoolLimits? limits = null) => Pool = new(limits ?? new(TimeSpan.FromSeconds(10), 4, 8), this);

    public NodePool<string, string> Pool { get; }

    public TimeSpan Now { get; set; }

    private Turn Turn => new(Now);

    public void Join(string socket, int capacity, params string[] models) => Pool.Join(socket, new(socket.Split('/')[0], models, capacity), Turn);

    public void Change(string socket, int capacity, params string[] models) => Pool.Change(socket, new(socket.Split('/')[0], models, capacity), Turn);

    public void Leave(string socket) => Pool.Leave(socket, Turn);

    public void Ask(string call, string model = "m", string caller = "alice", string? affinity = null, params string[] without) =>
        Pool.Ask(call, new(model, caller, affinity) { Without = without }, Turn);

    public void Done(string socket, string call) => Pool.Done(socket, call, Turn);

    public void Drain(string node, bool drains = true) => Assert.True(Pool.Drain(node, drains, Turn));

    public void Pass(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        Pool.Tick(Turn);
    }

    /// <summary>What has happened since the last time.</summary>
    public string Said()
    {
        var said = string.Join(" ", _said);
        _said.Clear();
        return said;
    }

    void INodePoolPort<string, string>.Accept(string node) => _said.Add($"+{node}");

    void INodePoolPort<string, string>.TurnAway(string node, CloseReason reason) => _said.Add($"-{node}:{reason}");

    void INodePoolPort<string, string>.Probe(string node) => _said.Add($"?{node}");

    void INodePoolPort<string, string>.Drain(string node, bool drains) => _said.Add(drains ? $"!{node}" : $"~{node}");

    void INodePoolPort<string, string>.Start(string node, string call, TimeSpan waited) => _said.Add(waited == TimeSpan.Zero ? $"{call}@{node}" : $"{call}@{node} after {waited.TotalSeconds}");

    void INodePoolPort<string, string>.Refuse(string call, CallRefusal reason) => _said.Add($"{call}:{reason}");
}
