using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Relay.Gateway.Connections;
using Relay.Tests.Gateway.Pressure;

namespace Relay.Tests.Gateway.Connections;

public sealed class SocketTransportTests : IDisposable
{
    private readonly Socket _server;
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 64 * 1024 };
    private readonly SocketTransport _transport;

    public SocketTransportTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
        _transport = new(new NoLifetime(), _server);
    }

    [LinuxFact]
    public async Task WhatThePeerTakesWhileMoreIsQueuedIsSeenAndNothingElse()
    {
        var queued = Fill();

        // Until the peer's kernel has taken what it has room for.
        await Rig.BecomesAsync(() => !_transport.TookBytes());
        var buffer = new byte[16 * 1024];
        var read = 0;
        while (!_transport.TookBytes())
        {
            Assert.True(read < queued / 2, "The peer has read half of it, unseen.");
            read += _client.Receive(buffer);
        }

        await Rig.BecomesAsync(() => !_transport.TookBytes());
        while (read < queued) read += _client.Receive(buffer);
        await Rig.BecomesAsync(() => !_transport.TookBytes());
        Assert.False(_transport.TookBytes());
    }

    [LinuxFact]
    public void BytesBehindWhichNothingWaitsAreNoProgress()
    {
        Assert.False(_transport.TookBytes());
        _server.Send(new byte[100]);

        // One segment: its acknowledgement, whenever it comes, leaves nothing that waits.
        for (var i = 0; i < 100; i++) Assert.False(_transport.TookBytes());
        _client.Receive(new byte[100]);
        for (var i = 0; i < 100; i++) Assert.False(_transport.TookBytes());
    }

    [Fact]
    public void AClosedSocketIsNotOpenAndTellsNothing()
    {
        Assert.True(_transport.IsOpen);
        Fill();
        _server.Close(timeout: 0);
        Assert.False(_transport.IsOpen);
        Assert.False(_transport.TookBytes());
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }

    private int Fill()
    {
        _server.Blocking = false;
        var (piece, queued) = (new byte[64 * 1024], 0);
        while (true)
        {
            queued += _server.Send(piece, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return queued;
        }
    }

    private sealed class NoLifetime : IConnectionLifetimeFeature
    {
        public CancellationToken ConnectionClosed { get; set; }

        public void Abort() => throw new NotSupportedException("Nothing aborts here.");
    }
}
