using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Agent.Connecting;
using Relay.Agent.Proxy.Carriers;
using Relay.Agent.Proxy.Local;
using Relay.Agent.Proxy.Parsing;
using Relay.Core.Tunnel;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Agent.Proxy;

/// <summary>The proxy before a relay, the real one unless a test has another, and targets of the test's own.</summary>
internal sealed class ProxyRig : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly ProxyServer _server;
    private readonly Task _running;
    private readonly Task _linking;
    private readonly List<IDisposable> _owned = [];

    private ProxyRig(RelayServer? relay, ProxyServer server, Task running, Task linking, CancellationTokenSource stop) =>
        (Relay, _server, _running, _linking, _stop) = (relay, server, running, linking, stop);

    public RelayServer? Relay { get; }

    public IPEndPoint Address => _server.Address;

    /// <param name="inChunks">A socket for each tunnel.</param>
    /// <param name="credentials">What local clients must have, <c>name:password</c>.</param>
    /// <param name="relayUrl">Another relay than the real one.</param>
    /// <param name="time">The proxy's clock.</param>
    /// <param name="tunnel">Changes the relay's settings.</param>
    public static async Task<ProxyRig> StartAsync(
        bool inChunks = false, string? credentials = null, string? relayUrl = null, TimeProvider? time = null, Func<RelayTunnelOptions, RelayTunnelOptions>? tunnel = null)
    {
        var options = new RelayTunnelOptions { Allow = [Rule("localhost:*"), Rule("127.0.0.0/8:*"), Rule("[::1/128]:*")] };
        var relay = relayUrl is null ? await RelayServer.StartAsync(settings => settings with { Tunnel = tunnel?.Invoke(options) ?? options }) : null;
        time ??= TimeProvider.System;
        var stop = new CancellationTokenSource();
        var target = new RelayTarget(RelayTarget.SocketAddress(relayUrl ?? relay!.Url.ToString(), "tunnel")!, TokenSource.None);
        var carrier = new RelayCarrier(new RelayUpgrade(target, time), time, new Random(1), "test", inChunks, NullLogger.Instance);
        var around = new ProxySurroundings(carrier, credentials is null ? null : Credentials.TryParse(credentials), time, NullLogger.Instance);
        var server = new ProxyServer(new IPEndPoint(IPAddress.Loopback, 0), 4096, around);
        var linking = carrier.RunAsync(null, stop.Token);
        return new(relay, server, server.RunAsync(stop.Token, stop.Token), linking, stop);
    }

    /// <summary>A connection to the proxy.</summary>
    public async Task<LocalClient> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Address).WaitAsync(Bound);
        return Own(new LocalClient(socket));
    }

    /// <summary>A connection with a tunnel to the port, past the 200.</summary>
    public async Task<LocalClient> OpenAsync(int port)
    {
        var client = await ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 Connection Established\r\n\r\n", await client.ReceiveHeadAsync());
        return client;
    }

    /// <summary>A port of the test's own.</summary>
    public TargetServer Target() => Own(new TargetServer());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var owned in _owned) owned.Dispose();
        await _running.WaitAsync(Bound);
        await _linking.WaitAsync(Bound);
        _server.Dispose();
        if (Relay is not null) await Relay.DisposeAsync();
        _stop.Dispose();
    }

    private static EgressRule Rule(string text) => EgressRule.TryParse(text, out var rule) ? rule : throw new ArgumentException(text);

    private T Own<T>(T owned) where T : IDisposable
    {
        lock (_owned) _owned.Add(owned);
        return owned;
    }
}

/// <summary>Listens where tunnels lead.</summary>
internal sealed class TargetServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<LocalClient> _accepted = [];

    public TargetServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(2048);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async Task<LocalClient> AcceptAsync()
    {
        var client = new LocalClient(await _listener.AcceptAsync().WaitAsync(ProxyRig.Bound));
        lock (_accepted) _accepted.Add(client);
        return client;
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_accepted)
            foreach (var accepted in _accepted) accepted.Dispose();
    }
}

/// <summary>A TCP connection that does what a test says. Every wait has one generous upper bound.</summary>
internal sealed class LocalClient(Socket socket) : IDisposable
{
    public Socket Socket => socket;

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes).AsTask().WaitAsync(ProxyRig.Bound)..];
    }

    /// <summary>The next bytes as text, exactly so many.</summary>
    public async Task<string> ReceiveAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(at)).AsTask().WaitAsync(ProxyRig.Bound);
            if (read == 0) throw new EndOfStreamException($"ended after {at} of {count} bytes: {Encoding.Latin1.GetString(bytes, 0, at)}");
            at += read;
        }

        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>Up to and with an empty line.</summary>
    public async Task<string> ReceiveHeadAsync()
    {
        var head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal)) head += await ReceiveAsync(1);
        return head;
    }

    /// <summary>All up to the end. Throws <see cref="SocketException"/> at a reset.</summary>
    public async Task<string> ReceiveAllAsync()
    {
        var all = new MemoryStream();
        var bytes = new byte[65536];
        int read;
        while ((read = await socket.ReceiveAsync(bytes).WaitAsync(ProxyRig.Bound)) > 0) all.Write(bytes, 0, read);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Ends the direction from here.</summary>
    public void End() => socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();
}
