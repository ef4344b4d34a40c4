using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>What instances of <see cref="LedgerPlugin"/> have done, in all processes: it comes over sockets, so a killed process has told all that it had done.</summary>
internal sealed class Ledger : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<int>> _runs = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();
    private readonly ConcurrentDictionary<string, int> _homes = new();
    private readonly Journal _ended = new();

    public Ledger()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What began and ended, as <c>process what user</c>: start, resume, shutdown, stop.</summary>
    public Journal Lives { get; } = new();

    /// <summary>All requests that ran, with the processes that each ran in.</summary>
    public IReadOnlyDictionary<string, int[]> Runs => _runs.ToDictionary(static run => run.Key, static run => run.Value.ToArray());

    /// <summary>The process that the user's instance was last started in. A welcome may come before it has.</summary>
    public async Task<int> HomeOfAsync(string user)
    {
        await HeardAsync("start", user);
        return _homes[user];
    }

    /// <summary>Which process each user's instance is in.</summary>
    public Dictionary<string, int> Homes() => new(_homes);

    /// <summary>Users whose instance was started from a line of <see cref="Lives"/> on.</summary>
    public HashSet<string> StartedSince(int start) => [.. Lives.From(start).Select(static line => line.Split(' ')).Where(static words => words[1] == "start").Select(static words => words[2])];

    /// <summary>Awaits news of a user's instance.</summary>
    public Task HeardAsync(string what, string user, int start = 0) =>
        Lives.LineAsync(line => line.EndsWith($" {what} {user}", StringComparison.Ordinal), start);

    /// <summary>All that a process that has ended had to tell is known.</summary>
    public Task EndedAsync(int process) => _ended.LineAsync(line => line == process.ToString(CultureInfo.InvariantCulture));

    /// <summary>What ran of these is known: a process that lives tells it before it answers, but on another way.</summary>
    public async Task CaughtUpAsync(IEnumerable<Request> requests)
    {
        foreach (var request in requests.Where(static request => request is { Type: "run_once", IsDone: true }))
        {
            var ran = _awaited.GetOrAdd($"{request.Number}", static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (!_runs.ContainsKey($"{request.Number}")) await ran.Task.WaitAsync(Journal.Patience);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ReadAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ReadAsync(TcpClient client)
    {
        var process = "";
        using (client)
        using (var reader = new StreamReader(client.GetStream()))
        {
            try
            {
                while (await reader.ReadLineAsync() is { } line)
                {
                    var words = line.Split(' ');
                    process = words[0];
                    Enter(line, int.Parse(process, CultureInfo.InvariantCulture), words[1], words[2], words[3]);
                }
            }
            catch (IOException)
            {
                // Ended less politely.
            }
        }

        _ended.Add(process);
    }

    private void Enter(string line, int process, string what, string user, string id)
    {
        if (what == "ran")
        {
            _runs.GetOrAdd(id, static _ => new()).Enqueue(process);
            if (_awaited.TryGetValue(id, out var awaited)) awaited.TrySetResult();
            return;
        }

        if (what == "start") _homes[user] = process;
        Lives.Add(line[..^(id.Length + 1)]);
    }
}
