using System.Collections.Concurrent;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A user whose client comes back when its socket breaks, at whichever gateway takes it, and sends on.</summary>
internal sealed class Returning : IAsyncDisposable
{
    private const int AtOnce = 3;

    private readonly Func<int, NodeProcess> _gateway;
    private readonly string _user;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ClusterClient> _connections = new();
    private readonly Task _living;
    private volatile Arming? _arming;

    private Returning(string user, Func<int, NodeProcess> gateway)
    {
        (_user, _gateway) = (user, gateway);
        _living = LiveAsync();
    }

    /// <summary>All connections that it has had. The last may be open.</summary>
    public IReadOnlyCollection<ClusterClient> Connections => _connections;

    /// <summary>Why it was not let in.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>Begins to live; a function says which gateway is tried at each try.</summary>
    public static Returning Start(string user, Func<int, NodeProcess> gateway) => new(user, gateway);

    /// <summary>Ends when a request that is sent from now on has been done.</summary>
    public Task ServedAsync()
    {
        _arming = new(ClusterClient.LastNumber, new(TaskCreationOptions.RunContinuationsAsynchronously));
        return _arming.Served.Task.WaitAsync(Journal.Patience);
    }

    /// <summary>Sends no more. What it had sent has an outcome; its connection stays.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _living.WaitAsync(Journal.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var connection in _connections) await connection.DisposeAsync();
        await _living.WaitAsync(Journal.Patience);
        _stop.Dispose();
    }

    private async Task LiveAsync()
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var attempt = 0; !_stop.IsCancellationRequested; attempt++)
        {
            var (client, error) = await ClusterClient.TryJoinAsync(_gateway(attempt), _user);
            if (client is not null)
            {
                _connections.Enqueue(client);
                await SendAsync(client, pace);
            }
            else
            {
                Refusals.Enqueue(error!);
                await pace.WaitForNextTickAsync();
            }
        }
    }

    private async Task SendAsync(ClusterClient client, PeriodicTimer pace)
    {
        while (!_stop.IsCancellationRequested && !client.Closed.IsCompleted)
        {
            Request[] requests = [client.Write(), .. Enumerable.Range(1, AtOnce - 1).Select(_ => client.Run())];
            await Task.WhenAll(requests.Select(static request => request.Outcome)).WaitAsync(Journal.Patience);
            if (_arming is { } arming && requests[^1].IsDone && requests[0].Number > arming.After) arming.Served.TrySetResult();
            await pace.WaitForNextTickAsync();
        }
    }

    private sealed record Arming(long After, TaskCompletionSource Served);
}
