using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Telemetry;
using Relay.Gateway.WebSockets;
using Relay.Tests.Gateway.Connections;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>The order in which a connection ends, on a socket that writes down what happens to it.</summary>
public sealed class ConnectionEndTests
{
    private readonly List<string> _log = [];

    [Fact]
    public async Task TheHubIsLeftBeforeTheCloseFrameIsSent()
    {
        var socket = new ScriptedSocket(_log);
        var connection = Make(socket);
        connection.Attach(new HubUse(new LoggingLink(_log)));

        connection.Close(ErrorCode.GoingAway);

        Assert.Equal(["leave", "write Text", "write Close", "flush"], _log);
        socket.Arrived.SetResult(false);
        await connection.RunAsync();
        Assert.Equal("dispose", _log[^1]);
    }

    [Fact]
    public async Task ASocketThatEndsWhileAnotherThreadClosesIsNotDisposedBeforeTheCloseIsDone()
    {
        var socket = new ScriptedSocket(_log);
        var connection = Make(socket);

        // The peer's end is found in the middle of the close: the receive loop goes through to its end there and then.
        connection.Attach(new HubUse(new LoggingLink(_log, () => socket.Arrived.SetResult(false))));
        var run = connection.RunAsync();
        connection.Close(ErrorCode.GoingAway);
        await run.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(["leave", "write Text", "write Close", "flush", "dispose"], _log);
    }

    [Fact]
    public async Task AReceiveLoopThatFailsLeavesNoGhostInTheHub()
    {
        var socket = new ScriptedSocket(_log);
        var connection = Make(socket);
        connection.Attach(new HubUse(new LoggingLink(_log)));
        socket.Arrived.SetException(new InvalidOperationException("A bug of the relay's own."));

        await Assert.ThrowsAsync<InvalidOperationException>(connection.RunAsync);

        Assert.Equal(["abort", "flush", "leave", "dispose"], _log);
    }

    private static Connection Make(IFrameSocket socket)
    {
        var limits = new ConnectionLimits(new Credit(10, 1000), 1000, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20));
        var connection = new Connection("c1", new UserIdentity("default", "alice"), socket, new HandTransport(), limits, new GatewayCounters());
        connection.Begin();
        return connection;
    }

    private sealed class LoggingLink(List<string> log, Action? left = null) : HubLink
    {
        public override void Send(in ClientEnvelope message) => throw new NotSupportedException("Nothing arrives here.");

        public override void Leave()
        {
            log.Add("leave");
            left?.Invoke();
        }
    }

    private sealed class ScriptedSocket(List<string> log) : IFrameSocket
    {
        // Whoever waits goes on within SetResult.
        public TaskCompletionSource<bool> Arrived { get; } = new();

        public async ValueTask<bool> WaitAsync(CancellationToken cancellation = default) => await Arrived.Task.ConfigureAwait(false);

        public ReadStatus TryRead(out IncomingFrame frame)
        {
            frame = default;
            return ReadStatus.NeedMore;
        }

        public void WriteFramed(ReadOnlySpan<byte> frames) { }

        public void Write(Opcode opcode, ReadOnlySpan<byte> payload) => log.Add($"write {opcode}");

        public ValueTask<bool> FlushAsync(CancellationToken cancellation = default)
        {
            log.Add("flush");
            return new(true);
        }

        public void EndReceive() => log.Add("end receive");

        public void Abort() => log.Add("abort");

        public ValueTask DisposeAsync()
        {
            log.Add("dispose");
            return default;
        }
    }
}
