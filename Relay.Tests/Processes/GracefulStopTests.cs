using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Relay.Tests.Support;

namespace Relay.Tests.Processes;

public sealed class GracefulStopTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    public GracefulStopTests() => HangingPlugin.CompileInto(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task MessagesUnderWayAreAnsweredThenEveryClientIsToldToGo()
    {
        await using var relay = await StartAsync();
        await using var busy = await relay.JoinAsync("busy");
        await using var idle = await relay.JoinAsync("idle");
        using var gate = new TcpListener(IPAddress.Loopback, 0);
        gate.Start();
        await busy.SendTextAsync($$"""{"type":"slow_hold","request_id":"1","data":{{((IPEndPoint)gate.LocalEndpoint).Port}}}""");
        using var release = await gate.AcceptTcpClientAsync().WaitAsync(RelayProcess.Bound);
        await busy.ReceiveJsonAsync("slow_holding");
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(relay.Url + "/healthz/ready").WaitAsync(RelayProcess.Bound)).StatusCode);

        relay.Terminate();
        Assert.Equal((true, 1001), await FarewellAsync(idle));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(relay.Url + "/healthz/ready").WaitAsync(RelayProcess.Bound)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(relay.Url + "/healthz/live").WaitAsync(RelayProcess.Bound)).StatusCode);
        await using var late = await RawWebSocketClient.TryConnectAsync(relay.Port, "/ws?user_id=late");
        Assert.Equal(503, late.Status);

        release.Close();
        await busy.ReceiveJsonAsync("slow_held");
        Assert.Equal((true, 1001), await FarewellAsync(busy));
        var (code, _, errors) = await relay.ExitAsync();
        Assert.Equal((0, ""), (code, Faults(errors)));
    }

    [Fact]
    public async Task AHungPluginAndAClientThatNeverReadsDelayTheEndNoLongerThanTheDrainTimeout()
    {
        await using var relay = await StartAsync();
        await using var hung = await relay.JoinAsync("hung");
        await using var deaf = await relay.JoinAsync("deaf");
        await hung.SendTextAsync("""{"type":"slow_ever","request_id":"1"}""");
        await hung.ReceiveJsonAsync("slow_holding");
        var text = new string('x', 60_000);
        for (var i = 0; i < 100; i++) await deaf.SendTextAsync($$"""{"type":"echo_say","request_id":"{{i}}","data":"{{text}}"}""");

        var began = Stopwatch.GetTimestamp();
        relay.Terminate();
        Assert.Equal((true, 1001), await FarewellAsync(hung));
        var (code, _, errors) = await relay.ExitAsync();
        Assert.Equal(0, code);
        Assert.DoesNotContain("error:", errors);
        // The drain timeout is 4 s; what is beyond it is the start and the end of a process on a busy machine.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15), $"{Stopwatch.GetElapsedTime(began)} {errors}");
    }

    [Fact]
    public async Task FiveHundredIdleClientsAreAllTold()
    {
        await using var relay = await StartAsync();
        var clients = new List<RawWebSocketClient>();
        try
        {
            for (var i = 0; i < 500; i++) clients.Add(await relay.JoinAsync("user" + i));
            relay.Terminate();
            foreach (var client in clients) Assert.Equal((true, 1001), await FarewellAsync(client));
            Assert.Equal(0, (await relay.ExitAsync()).Code);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task ASecondSignalEndsWhatHangsAtOnce()
    {
        await using var relay = await StartAsync("1h");
        await using var hung = await relay.JoinAsync("hung");
        await hung.SendTextAsync("""{"type":"slow_ever","request_id":"1"}""");
        await hung.ReceiveJsonAsync("slow_holding");
        await using var idle = await relay.JoinAsync("idle");
        relay.Terminate();
        Assert.Equal((true, 1001), await FarewellAsync(idle));
        relay.Terminate();
        Assert.Equal((true, 1001), await FarewellAsync(hung));
        var (code, _, errors) = await relay.ExitAsync();
        Assert.Equal(0, code);
        Assert.Contains("Told to stop once more", errors);
        Assert.DoesNotContain("error:", errors);
    }

    private Task<RelayProcess> StartAsync(string drainTimeout = "4s") => RelayProcess.StartAsync(
        _folder.Path, ["--server:drain_timeout", drainTimeout, "--plugins:directory", _folder.Path, "--plugins:echo:enabled", "true"]);

    // As a client does it: the error frame, the close frame, and the answer to it.
    private static async Task<(bool Told, int Code)> FarewellAsync(RawWebSocketClient client)
    {
        var error = await client.ReceiveJsonAsync("error");
        var close = await client.ReceiveCloseAsync();
        await client.SendCloseAsync(close.Code);
        Assert.True(await client.ReceiveEndAsync());
        return (error.GetProperty("error").ValueEquals("going_away"), close.Code);
    }

    private static string Faults(string errors) => string.Join('\n', errors.Split('\n').Where(line => line.Contains("warn:", StringComparison.Ordinal) || line.Contains("error:", StringComparison.Ordinal)));
}
