using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Agent.Proxy;

/// <summary>A wire between a proxy and a relay, which a test can cut, or leave lying dead.</summary>
internal sealed class CutWire : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _sockets = [];
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public CutWire()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Keeps the relay from seeing that many tunnels are asked for on one socket: it is then one that cannot do that.</summary>
    public bool HidesSubprotocol { get; set; }

    /// <summary>May change what the relay has sent; when it says so, nothing more comes after it.</summary>
    public Func<Memory<byte>, bool>? Damage { get; set; }

    public void To(int port) => _running = RunAsync(port);

    /// <summary>Every connection is reset; new ones are taken.</summary>
    public void Cut()
    {
        Socket[] all;
        lock (_gate)
        {
            all = [.. _sockets];
            _sockets.Clear();
        }

        foreach (var socket in all)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
    }

    /// <summary>Nothing passes any more, and nobody is told.</summary>
    public void Freeze() => _frozen.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Cut();
        await _running.WaitAsync(ProxyRig.Bound);
    }

    private async Task RunAsync(int port)
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync();
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                lock (_gate) _sockets.AddRange([near, far]);
                await far.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
                _ = PassAsync(near, far, damage: null);
                _ = PassAsync(far, near, Damage);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task PassAsync(Socket from, Socket to, Func<Memory<byte>, bool>? damage)
    {
        var bytes = new byte[65536];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(bytes);
                if (_frozen.Task.IsCompleted) return;
                if (read == 0) break;
                var passed = bytes.AsMemory(0, read);
                if (HidesSubprotocol) passed = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(passed.Span).Replace("Sec-WebSocket-Protocol: relay.tunnel.v2\r\n", "", StringComparison.Ordinal));
                var isLast = damage?.Invoke(passed) ?? false;
                await to.SendAsync(passed);
                if (isLast) break;
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was cut.
        }
    }
}
