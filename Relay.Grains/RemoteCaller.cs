using System.Globalization;
using Relay.Core.Nodes;
using Relay.Core.Nodes.Wire;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>What stands at a node's gateway, or a stream's, for a caller at another one: gathers the request, and passes the answer on.</summary>
internal sealed class RemoteCaller : INodeCaller, ITrunkEnd
{
    private readonly ClusterNodes _nodes;
    private readonly ICallPlace _place;
    private readonly NodeEndRef _caller;
    private readonly int _serial;
    private readonly TimeSpan _waited;
    private readonly long _number;

    // The trunk's turns only.
    private NodeRequest? _head;
    private byte[] _body = [];
    private int _received;

    private CallRequest? _request;
    private INodeCall? _call;
    private int _cancelled;
    private int _over;

    public RemoteCaller(ClusterNodes nodes, ICallPlace place, NodeEndRef caller, int serial, TimeSpan waited)
    {
        (_nodes, _place, _caller, _serial, _waited) = (nodes, place, caller, serial, waited);
        _number = nodes.Trunks.Add(this);
    }

    public CallRequest Request => _request ?? throw new InvalidOperationException("The request has not come yet.");

    private string Gateway => _caller.Gateway.Id;

    public void Begin(string nodeId)
    {
        _nodes.Trunks.Attach(_number, Gateway);
        Send(new(TrunkKind.Begin, _caller.Number, _number)
        {
            Texts = [nodeId, _serial.ToString(CultureInfo.InvariantCulture), _waited.Ticks.ToString(CultureInfo.InvariantCulture)],
        });
    }

    public void Take(string gateway, in TrunkItem item)
    {
        if (gateway != Gateway || item.From != _caller.Number) return;
        switch (item.Kind)
        {
            case TrunkKind.Gone:
                GiveUp();
                break;
            case TrunkKind.Finish:
                Cancel();
                break;
            case TrunkKind.Credit:
                Volatile.Read(ref _call)?.Passed(item.Credit.Bytes);
                break;
            case TrunkKind.Data when item.Texts is not null:
                TakeHead(item.Frame.Bytes);
                break;
            case TrunkKind.Data:
                TakeBody(item.Frame.Bytes);
                break;
            default:
                break;
        }
    }

    public void Lost(string gateway)
    {
        if (gateway == Gateway) Cancel();
    }

    public void Refuse(CallRefusal reason)
    {
    }

    public void Started(INodeCall call, string nodeId, TimeSpan waited)
    {
        Interlocked.Exchange(ref _call, call);
        if (Volatile.Read(ref _cancelled) == 0) return;
        call.Cancel();
        Forget();
    }

    public void Answer(INodeCall call, CallHead head) =>
        Send(new(TrunkKind.Data, _caller.Number, _number) { Frame = new(NodeMessageWriter.Write(new NodeResponse(1, head.Status, head.Headers))), Texts = [] });

    public void Take(INodeCall call, ReadOnlyMemory<byte> bytes) =>
        Send(new(TrunkKind.Data, _caller.Number, _number) { Frame = new(bytes.ToArray(), IsText: false), Credit = new(0, bytes.Length) });

    public void End(INodeCall call)
    {
        Send(new(TrunkKind.Finish, _caller.Number, _number));
        Forget();
    }

    public void Fail(INodeCall call, CallFailure failure, string message)
    {
        Send(new(TrunkKind.Close, _caller.Number, _number) { Texts = ["", failure == CallFailure.NodeFailed ? message : ""] });
        Forget();
    }

    private void TakeHead(byte[] bytes)
    {
        if (NodeMessageReader.TryRead(bytes, NodeSide.Relay, out var message) != NodeWireFault.None || message is not NodeRequest head) return;
        (_head, _body) = (head, new byte[(int)head.ContentLength]);
    }

    private void TakeBody(byte[] bytes)
    {
        if (_head is not { } head || _received + bytes.Length > _body.Length) return;
        bytes.CopyTo(_body, _received);
        _received += bytes.Length;
        if (_received < _body.Length)
        {
            Send(new(TrunkKind.Credit, _caller.Number, _number));
            return;
        }

        _request = new(head.Method, head.Path, head.Headers, _body);
        if (Volatile.Read(ref _cancelled) == 0) _place.Begin(this, _caller, _waited);
    }

    private void Cancel()
    {
        if (Interlocked.Exchange(ref _cancelled, 1) != 0) return;
        if (Volatile.Read(ref _call) is { } call)
        {
            call.Cancel();
            Forget();
        }
        else if (_request is null)
        {
            GiveUp();
        }
    }

    // The call never began.
    private void GiveUp()
    {
        if (Forget()) _place.TellDone(_caller);
    }

    private bool Forget()
    {
        if (Interlocked.Exchange(ref _over, 1) != 0) return false;
        _nodes.Trunks.Remove(_number);
        return true;
    }

    private void Send(in TrunkItem item) => _nodes.Trunks.Send(Gateway, item);
}
