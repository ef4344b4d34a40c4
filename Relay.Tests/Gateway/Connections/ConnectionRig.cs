using System.Text;
using Relay.Abstractions;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Telemetry;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Connections;

/// <summary>A connection between a hand-worked socket and a hub that keeps what it is sent.</summary>
internal sealed class ConnectionRig
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public ConnectionRig(int messages = 2, int outboxBytes = 1000, SocketUse use = SocketUse.Hub)
    {
        Limits = new(new(messages, 1000), outboxBytes, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20));
        Connection = new("c1", new UserIdentity("default", "alice"), Socket, Transport, Limits, Counters) { IsFor = use };
        Connection.Begin();
        Connection.Attach(new HubUse(Link));
    }

    public ConnectionLimits Limits { get; }

    public HandSocket Socket { get; } = new();

    public HandTransport Transport { get; } = new();

    public GatewayCounters Counters { get; } = new();

    public RecordingLink Link { get; } = new();

    public Connection Connection { get; }

    public static Frame Frame(string text) => new(Encoding.UTF8.GetBytes(text));

    public Task RunAsync()
    {
        var run = Task.CompletedTask;
        HandSocket.Bare(() => run = Connection.RunAsync());
        return run;
    }

    public void Arrive(string json) => Socket.Arrive(ReadStatus.Message, IncomingFrame.Message(Encoding.UTF8.GetBytes(json), isText: true));

    public void Say(int number) => Arrive($$"""{"type":"echo_say","request_id":"{{number}}"}""");

    public void Sweep(double seconds) => Connection.Sweep(TimeSpan.FromSeconds(seconds), DateTimeOffset.UnixEpoch);

    internal sealed class RecordingLink : HubLink
    {
        public List<ClientEnvelope> Sent { get; } = [];

        public int Leaves { get; private set; }

        public Action OnSend { get; set; } = static () => { };

        public override void Send(in ClientEnvelope message)
        {
            OnSend();
            Sent.Add(message);
        }

        public override void Leave() => Leaves++;
    }

    internal sealed class Waiter : IRoomWaiter
    {
        public int Told { get; private set; }

        public Action OnRoom { get; set; } = static () => { };

        public void RoomAgain(IHubConnection connection)
        {
            Told++;
            OnRoom();
        }
    }
}
