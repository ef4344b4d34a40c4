using Relay.Tests.Support;

namespace Relay.Tests.Processes;

/// <summary>A relay as an operator starts it, whose file changes under load.</summary>
public sealed class ReloadProcessTests : IDisposable
{
    private const int Clients = 20;
    private const int Reloads = 8;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-reload-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task NothingIsDroppedWhileTheFileChangesUnderLoad()
    {
        await WriteAsync(0);
        await using var relay = await RelayProcess.StartAsync(_folder.FullName, ["--config-file", "relay.yaml"]);
        using var over = new CancellationTokenSource();
        var hubs = Enumerable.Range(0, Clients).Select(i => EchoAsync(relay, $"user{i}", over.Token)).ToList();
        var room = RoomAsync(relay, over.Token);
        var doomed = await RawWebSocketClient.ConnectAsync(relay.Port, "/t/doomed/rooms/hall");

        for (var reload = 1; reload <= Reloads; reload++)
        {
            await WriteAsync(reload);
            // The first is found by itself.
            if (reload > 1) relay.Hangup();
            await relay.SaysAsync($"they name {2 + reload} tenants");
            if (reload != Reloads / 2) continue;

            // A slip of the operator's in between, which is only told of.
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "relay.yaml"), "tenants: { steady: { suspended: perhaps }, never: {} }");
            relay.Hangup();
            await relay.SaysAsync("relay.yaml:1: tenants.steady.suspended: must be true or false");
        }

        over.Cancel();
        var answered = await Task.WhenAll(hubs).WaitAsync(RelayProcess.Bound);
        Assert.All(answered, count => Assert.True(count > 0));
        Assert.True(await room.WaitAsync(RelayProcess.Bound) > 0);

        // Whom the operator did mean was closed, at the first change.
        Assert.Equal(4403, (await doomed.ReceiveCloseAsync()).Code);
        await doomed.DisposeAsync();
        relay.Terminate();
        var (code, _, errors) = await relay.ExitAsync();
        Assert.Equal(0, code);
        Assert.Contains("Settings have changed that need a restart: logging.format", errors);
    }

    // One message after the other, each with its own answer, until the end.
    private static async Task<int> EchoAsync(RelayProcess relay, string user, CancellationToken over)
    {
        await using var client = await RawWebSocketClient.ConnectAsync(relay.Port, $"/t/steady/ws?user_id={user}");
        await client.ReceiveJsonAsync("welcome");
        var count = 0;
        for (; !over.IsCancellationRequested; count++)
        {
            await client.SendTextAsync($$"""{"type":"echo_say","request_id":"{{count}}","data":{{count}}}""");
            var answer = await client.ReceiveJsonAsync(static frame => frame.TryGetProperty("request_id", out _));
            Assert.Equal(("echo_said", $"{count}", count), (answer.GetProperty("type").GetString(), answer.GetProperty("request_id").GetString(), answer.GetProperty("data").GetInt32()));
        }

        await client.SendCloseAsync(1000);
        Assert.Equal(1000, (await client.ReceiveCloseAsync()).Code);
        return count;
    }

    // Two members; what one sends the other gets, all of it and in order.
    private static async Task<int> RoomAsync(RelayProcess relay, CancellationToken over)
    {
        await using var sender = await RawWebSocketClient.ConnectAsync(relay.Port, "/t/steady/rooms/hall");
        await using var reader = await RawWebSocketClient.ConnectAsync(relay.Port, "/t/steady/rooms/hall?since=");
        await reader.ReceiveJsonAsync("joined");
        var count = 0;
        for (; !over.IsCancellationRequested; count++)
        {
            await sender.SendTextAsync($"{count}");
            Assert.Equal($"{count}", (await reader.ReceiveJsonAsync("message")).GetProperty("text").GetString());
            await sender.ReceiveAsync();
        }

        return count;
    }

    private Task WriteAsync(int reload) => File.WriteAllTextAsync(
        Path.Combine(_folder.FullName, "relay.yaml"),
        $$"""
        plugins: { echo: { enabled: true } }
        logging: { format: {{(reload == Reloads ? "json" : "text")}} }
        server: { allowed_origins: [https://round{{reload}}.example] }
        rooms: { max_rooms: {{1000 + reload}} }
        tenants:
          steady: { hub: { max_connections_per_user: {{5 + reload}} }, plugins: { allow: [echo, session{{(reload % 2 == 0 ? ", ai" : "")}}] } }
          {{string.Join("\n  ", Enumerable.Range(0, reload).Select(static i => $"round{i}: {{}}"))}}
          doomed: { suspended: {{(reload == 0 ? "false" : "true")}} }
        """);
}
