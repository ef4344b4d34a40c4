using System.Net;
using System.Net.Sockets;

namespace Relay.Agent.Proxy.Local;

/// <summary>Listens for local clients.</summary>
internal sealed class ProxyServer : IDisposable
{
    private readonly Socket _listener;
    private readonly ProxySurroundings _around;
    private readonly int _mostConnections;
    private int _connections;

    /// <exception cref="SocketException">The address is not free.</exception>
    public ProxyServer(IPEndPoint address, int mostConnections, ProxySurroundings around)
    {
        (_around, _mostConnections) = (around, mostConnections);
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(512);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        Address = (IPEndPoint)_listener.LocalEndPoint!;
    }

    public IPEndPoint Address { get; }

    /// <summary>Takes connections until <paramref name="stop"/>, then waits for those that are open until <paramref name="hurry"/>. Gives whether all have ended by themselves.</summary>
    public async Task<bool> RunAsync(CancellationToken stop, CancellationToken hurry)
    {
        var open = new HashSet<Task>();
        var gate = new Lock();
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException) when (!stop.IsCancellationRequested)
            {
                // The client was gone before it was taken, or there are no more handles for the moment.
                await Task.Delay(TimeSpan.FromMilliseconds(10), _around.Time, CancellationToken.None);
                continue;
            }

            if (Volatile.Read(ref _connections) >= _mostConnections)
            {
                ProxyLog.Full(_around.Logger, _mostConnections);
                socket.Reset();
                continue;
            }

            Interlocked.Increment(ref _connections);
            socket.NoDelay = true;
            socket.Blocking = false;
            // On the pool: a client whose bytes are there already must not hold up the next one.
            var run = Task.Run(() => RunAsync(socket, hurry), CancellationToken.None);
            lock (gate) open.Add(run);
            _ = run.ContinueWith(
                done =>
                {
                    lock (gate) open.Remove(done);
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        _listener.Dispose();
        Task[] left;
        lock (gate) left = [.. open];
        await Task.WhenAll(left);
        return !hurry.IsCancellationRequested;
    }

    public void Dispose() => _listener.Dispose();

    private async Task RunAsync(Socket socket, CancellationToken hurry)
    {
        try
        {
            await new LocalConnection(socket, _around).RunAsync(hurry);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }
}
