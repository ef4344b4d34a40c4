using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;

namespace Relay.Benchmarks.Tenants;

/// <summary>
/// A tenant that floods every job with some sixteen times what its limits allow, whatever it is answered, and comes back when it is closed. It keeps a pace: on the
/// machine that is measured, one that took all the processor that it gets would measure itself.
/// </summary>
internal sealed class LoudTenant(Uri relay, TcpSide sink)
{
    private const string Tenant = "/t/loud";
    private const int BurstMessages = 10;

    private static readonly TimeSpan BurstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RequestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ReturnPause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 64 }) { BaseAddress = relay };

    private readonly string _big = """{"model":"none","messages":[{"role":"user","content":" """ + new string('x', 60_000) + """ "}]}""";

    public Task RunAsync(CancellationToken end)
    {
        List<Task> all = [];
        for (var i = 0; i < 8; i++)
        {
            var user = i;
            all.Add(Forever(() => PumpAsync($"/ws?user_id=u{user}", static socket => socket.SendAsync("""{"type":"echo_say","request_id":"1","data":"loud"}""", default), end), end));
            all.Add(Forever(() => PumpAsync("/rooms/r", static socket => socket.SendAsync("loud loud loud loud loud loud loud loud", default), end), end));
            all.Add(Forever(() => PumpAsync($"/ws?user_id=c{user}", null, end), end));
            all.Add(Forever(() => PostAsync("/api/v1/rooms/p/messages", "loud", "text/plain", end), end));
            all.Add(Forever(() => PostAsync("/v1/chat/completions", _big, "application/json", end), end));
        }

        var piece = new byte[16_000];
        var chunk = TcpSide.Chunk(piece);
        for (var i = 0; i < 4; i++)
        {
            var number = i;
            all.Add(Forever(() => PumpAsync($"/ws?user_id=s{number}", static socket => socket.SendAsync("""{"type":"session_set_state","request_id":"1","data":{"state":"loud"}}""", default), end), end));
            all.Add(Forever(() => PumpAsync($"/introduction/p{number}", static socket => socket.SendAsync("""{"type":"Join","documentIds":["a","b","c","d","e","f","g","h"]}""", default), end), end));
            all.Add(Forever(() => PumpAsync($"/connection/a{number}/b{number}/d", socket => socket.SendAsync(piece, default), end), end));
            all.Add(Forever(() => PumpAsync($"/connection/b{number}/a{number}/d", socket => socket.SendAsync(piece, default), end), end));
            all.Add(Forever(() => TunnelAsync(chunk, end), end));
            all.Add(Forever(() => PumpAsync("/nodes", static socket => socket.SendAsync("{}", default), end), end));
        }

        return Task.WhenAll(all);
    }

    private static async Task Forever(Func<Task> once, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await Task.Yield();
                await once();
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or OperationCanceledException or InvalidOperationException)
            {
                // Refused, or closed: again.
                await Task.Delay(ReturnPause, CancellationToken.None);
            }
        }
    }

    // Sends as fast as it is taken, and reads what comes. Without something to send: connects and goes.
    private async Task PumpAsync(string path, Func<BenchSocket, Task>? send, CancellationToken end)
    {
        using var socket = await BenchSocket.OpenAsync(relay, Tenant + path, end);
        if (send is null)
        {
            await socket.CloseAsync(end);
            await Task.Delay(ReturnPause, end);
            return;
        }

        var reading = socket.DrainAsync(end);
        while (!reading.IsCompleted)
        {
            for (var i = 0; i < BurstMessages; i++) await send(socket);
            await Task.Delay(BurstPause, end);
        }

        await reading;
    }

    private async Task TunnelAsync(byte[] chunk, CancellationToken end)
    {
        using var socket = await BenchSocket.OpenAsync(relay, Tenant + "/tunnel", end);
        await socket.SendAsync(sink.Connect(), end);
        await socket.ExpectAsync(" 200 ", end);
        while (!end.IsCancellationRequested)
        {
            for (var i = 0; i < BurstMessages; i++) await socket.SendAsync(chunk, end);
            await Task.Delay(BurstPause, end);
        }
    }

    private async Task PostAsync(string path, string body, string type, CancellationToken end)
    {
        using var response = await _http.PostAsync(Tenant + path, new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)), end);
        await response.Content.ReadAsByteArrayAsync(end);
        await Task.Delay(RequestPause, end);
    }
}
