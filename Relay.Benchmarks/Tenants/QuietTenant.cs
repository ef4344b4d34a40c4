using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace Relay.Benchmarks.Tenants;

/// <summary>A tenant that uses every job a little: some fifty operations a second of each kind, and how long each took.</summary>
internal sealed class QuietTenant(Uri relay, TcpSide echo) : IDisposable
{
    private const string Tenant = "/t/quiet";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = relay };

    /// <summary>Uses every job for a while.</summary>
    /// <returns>The milliseconds that operations took, by kind.</returns>
    public async Task<IReadOnlyDictionary<string, List<double>>> RunAsync(TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        (string Name, Func<Func<Func<Task>, Task>, CancellationToken, Task> Job)[] jobs =
            [("hub", HubAsync), ("room", RoomAsync), ("pipe", PipeAsync), ("call", CallAsync), ("tunnel", TunnelAsync), ("publish", PublishAsync), ("connect", ConnectAsync)];
        var all = await Task.WhenAll(jobs.Select(async each =>
        {
            var took = new List<double>();
            await each.Job(operation => RepeatAsync(operation, took, end.Token), CancellationToken.None);
            return (each.Name, took);
        }));
        return all.ToDictionary(static each => each.Name, static each => each.took);
    }

    public void Dispose() => _http.Dispose();

    private static async Task RepeatAsync(Func<Task> operation, List<double> took, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            await operation().WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
            took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private async Task HubAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel)
    {
        using var socket = await BenchSocket.OpenAsync(relay, Tenant + "/ws?user_id=hub", cancel);
        await socket.ExpectAsync("welcome", cancel);
        await repeat(async () =>
        {
            await socket.SendAsync("""{"type":"echo_say","request_id":"1","data":"quiet"}""", cancel);
            await socket.ExpectAsync("echo_said", cancel);
        });
    }

    private async Task RoomAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel)
    {
        using var one = await BenchSocket.OpenAsync(relay, Tenant + "/rooms/r", cancel);
        using var other = await BenchSocket.OpenAsync(relay, Tenant + "/rooms/r", cancel);
        await repeat(async () =>
        {
            await one.SendAsync("quiet", cancel);
            await other.ReceiveAsync(cancel);
            await one.ReceiveAsync(cancel);
        });
    }

    private async Task PipeAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel)
    {
        using var one = await BenchSocket.OpenAsync(relay, Tenant + "/connection/a/b/d", cancel);
        using var other = await BenchSocket.OpenAsync(relay, Tenant + "/connection/b/a/d", cancel);
        await repeat(async () =>
        {
            await one.SendAsync("quiet"u8.ToArray(), cancel);
            await other.ReceiveAsync(cancel);
        });
    }

    private async Task TunnelAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel)
    {
        using var socket = await BenchSocket.OpenAsync(relay, Tenant + "/tunnel", cancel);
        await socket.SendAsync(echo.Connect(), cancel);
        await socket.ExpectAsync(" 200 ", cancel);
        var chunk = TcpSide.Chunk("quiet"u8);
        await repeat(async () =>
        {
            await socket.SendAsync(chunk, cancel);
            await socket.ExpectAsync("quiet", cancel);
        });
    }

    private Task ConnectAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel) => repeat(async () =>
    {
        using var socket = await BenchSocket.OpenAsync(relay, Tenant + "/ws?user_id=connect", cancel);
        await socket.ExpectAsync("welcome", cancel);
        await socket.CloseAsync(cancel);
    });

    private Task CallAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel) =>
        repeat(() => PostAsync("/v1/chat/completions", """{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}""", "application/json", cancel));

    private Task PublishAsync(Func<Func<Task>, Task> repeat, CancellationToken cancel) => repeat(() => PostAsync("/api/v1/rooms/p/messages", "quiet", "text/plain", cancel));

    private async Task PostAsync(string path, string body, string type, CancellationToken cancel)
    {
        using var response = await _http.PostAsync(Tenant + path, new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)), cancel);
        await response.Content.ReadAsByteArrayAsync(cancel);
        response.EnsureSuccessStatusCode();
    }
}
