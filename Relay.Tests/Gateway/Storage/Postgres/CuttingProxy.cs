using System.Net;
using System.Net.Sockets;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>Stands between a store and its server, and can lose the answers.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _server;
    private volatile bool _swallowing;
    private TaskCompletionSource _swallowed = new();

    public CuttingProxy(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Takes what clients send to the server still, and keeps the server's next answer for itself; then the connection breaks.</summary>
    /// <returns>Ends when an answer has been kept.</returns>
    public Task SwallowAnAnswer()
    {
        _swallowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _swallowing = true;
        return _swallowed.Task;
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(IPAddress.Loopback, _server);
            await Task.WhenAny(CopyAsync(client, server, false), CopyAsync(server, client, true));
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool answers)
    {
        var buffer = new byte[65536];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var read and > 0)
            {
                if (answers && _swallowing)
                {
                    _swallowing = false;
                    _swallowed.SetResult();
                    return;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // One of the two is gone, and the other follows.
        }
    }
}
