using System.Threading.Channels;
using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>A node's socket that writes down what it is told.</summary>
internal sealed class NodeProbe : INodeSocket
{
    private readonly Channel<string> _said = Channel.CreateUnbounded<string>();
    private readonly Channel<ProbedCall> _calls = Channel.CreateUnbounded<ProbedCall>();
    private readonly string _id;

    private NodeProbe(IRelayRuntime runtime, string id, string tenant) => (_id, Link) = (id, runtime.Nodes.Open(new(tenant), this));

    public NodeLink Link { get; }

    public static NodeProbe Join(IRelayRuntime runtime, string id = "n", int capacity = 1, string tenant = "default", params string[] models)
    {
        var node = new NodeProbe(runtime, id, tenant);
        node.Link.Offer(new(id, models.Length == 0 ? ["m"] : models, capacity));
        return node;
    }

    /// <summary>The next thing that it is told.</summary>
    public async Task<string> NextAsync() => await _said.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    public async Task<ProbedCall> CallAsync() => await _calls.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    public void Accept() => _said.Writer.TryWrite("accept");

    public void TurnAway(CloseReason reason) => _said.Writer.TryWrite($"turn away: {reason}");

    public void Probe() => _said.Writer.TryWrite("probe");

    public void Drain(bool drains) => _said.Writer.TryWrite(drains ? "drain" : "resume");

    public void Begin(INodeCaller caller, TimeSpan waited)
    {
        var call = new ProbedCall(this, caller);
        caller.Started(call, _id, waited);
        _calls.Writer.TryWrite(call);
    }
}

/// <summary>A call that a node has.</summary>
internal sealed class ProbedCall(NodeProbe node, INodeCaller caller) : INodeCall
{
    private readonly Channel<string> _said = Channel.CreateUnbounded<string>();

    public INodeCaller Caller => caller;

    public async Task<string> NextAsync() => await _said.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    public void Passed(int bytes) => _said.Writer.TryWrite($"passed {bytes}");

    public void Cancel()
    {
        _said.Writer.TryWrite("cancel");
        node.Link.Done(caller);
    }

    public void Answer(string text)
    {
        caller.Answer(this, new(200, [new("content-type", "text/plain")]));
        caller.Take(this, System.Text.Encoding.UTF8.GetBytes(text));
    }

    public void End()
    {
        node.Link.Done(caller);
        caller.End(this);
    }

    public void Fail(CallFailure failure, string message = "")
    {
        if (failure == CallFailure.NodeFailed) node.Link.Done(caller);
        caller.Fail(this, failure, message);
    }
}

/// <summary>A caller that writes down what it is told.</summary>
internal sealed class CallProbe : INodeCaller
{
    private readonly Channel<string> _said = Channel.CreateUnbounded<string>();

    private CallProbe(IRelayRuntime runtime, string model, string caller, string tenant, byte[] body)
    {
        Request = new("POST", "/v1/test", [new("content-type", "application/json")], body);
        Link = runtime.Nodes.Call(new(tenant), new(model, caller), this);
    }

    public CallLink Link { get; }

    public CallRequest Request { get; }

    public INodeCall? Call { get; private set; }

    public static CallProbe Ask(IRelayRuntime runtime, string model = "m", string caller = "alice", string tenant = "default", int bodyBytes = 10)
    {
        var body = new byte[bodyBytes];
        new Random(bodyBytes).NextBytes(body);
        var call = new CallProbe(runtime, model, caller, tenant, body);
        call.Link.Ask([]);
        return call;
    }

    public async Task<string> NextAsync() => await _said.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

    public void Refuse(CallRefusal reason) => _said.Writer.TryWrite($"{reason}");

    public void Started(INodeCall call, string nodeId, TimeSpan waited)
    {
        Call = call;
        _said.Writer.TryWrite($"at {nodeId}");
    }

    public void Answer(INodeCall call, CallHead head) => _said.Writer.TryWrite($"{head.Status} {head.Headers.Single().Value}");

    public void Take(INodeCall call, ReadOnlyMemory<byte> bytes)
    {
        call.Passed(bytes.Length);
        _said.Writer.TryWrite(System.Text.Encoding.UTF8.GetString(bytes.Span));
    }

    public void End(INodeCall call) => _said.Writer.TryWrite("end");

    public void Fail(INodeCall call, CallFailure failure, string message) => _said.Writer.TryWrite($"{failure} {message}".TrimEnd());
}
