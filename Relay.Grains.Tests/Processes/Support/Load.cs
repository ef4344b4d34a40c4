namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Clients that send at a rate together, in turn, whether they are answered or not: most of it <c>run_once</c>, some writes of their sessions.</summary>
internal sealed class Load : IAsyncDisposable
{
    // Of so many requests one is a write.
    private const int WriteEvery = 8;

    private readonly IReadOnlyList<ClusterClient> _clients;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private int _sent;

    private Load(IReadOnlyList<ClusterClient> clients, int perSecond)
    {
        _clients = clients;
        _sending = SendAsync(perSecond);
    }

    /// <summary>How many requests have been sent.</summary>
    public int Sent => Volatile.Read(ref _sent);

    public static Load Start(IReadOnlyList<ClusterClient> clients, int perSecond) => new(clients, perSecond);

    /// <summary>Ends when each of some clients has had a request done that it sent from now on.</summary>
    public static Task EachIsServedAsync(IEnumerable<ClusterClient> clients) => Task.WhenAll(clients.Select(static client => client.NextDoneAsync()).ToList());

    /// <summary>Sends no more, and awaits the outcome of all.</summary>
    public async Task<List<Request>> StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        var requests = _clients.SelectMany(static client => client.Requests).ToList();
        await Task.WhenAll(requests.Select(static request => request.Outcome)).WaitAsync(Journal.Patience);
        return requests;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        _stop.Dispose();
    }

    private async Task SendAsync(int perSecond)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        // A machine that cannot keep up gets less, not all at once.
        var each = (perSecond + 99) / 100;
        while (!_stop.IsCancellationRequested)
        {
            for (var i = 0; i < each; i++)
            {
                var client = _clients[_sent % _clients.Count];
                if (_sent / _clients.Count % WriteEvery == 0) client.Write();
                else client.Run();
                _sent++;
            }

            await timer.WaitForNextTickAsync();
        }
    }
}
