using System.Net;
using System.Net.Sockets;

namespace Relay.Tests.Processes;

public sealed class ProcessStartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-process-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task AnAcknowledgedStateIsThereAfterAKill()
    {
        const int writes = 50;
        await using (var relay = await RelayProcess.StartAsync(_folder.FullName))
        {
            await using var client = await relay.JoinAsync();
            for (var i = 1; i <= writes; i++)
            {
                await client.SendTextAsync($$$"""{"type":"session_set_state","request_id":"{{{i}}}","session_id":"s","data":{"state":{"n":{{{i}}} } } }""");
                await client.ReceiveJsonAsync("session_state_set");
            }

            relay.Kill();
            await relay.ExitAsync();
        }

        await using var again = await RelayProcess.StartAsync(_folder.FullName);
        await using var reader = await again.JoinAsync();
        await reader.SendTextAsync("""{"type":"session_get_state","request_id":"1","session_id":"s"}""");
        var data = (await reader.ReceiveJsonAsync("session_state")).GetProperty("data");
        Assert.Equal((writes, writes), (data.GetProperty("version").GetInt32(), data.GetProperty("state").GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task ItStartsBesideAServiceNamedRelay()
    {
        await using var relay = await RelayProcess.StartAsync(
            _folder.FullName, null, ("RELAY_PORT", "tcp://10.0.0.1:80"), ("RELAY_SERVICE_HOST", "10.0.0.1"), ("RELAY_PORT_80_TCP", "tcp://10.0.0.1:80"));
        await using var client = await relay.JoinAsync();
    }

    [Fact]
    public async Task APortInUseIsOneLineAndOne()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var relay = RelayProcess.Start(_folder.FullName, ["--server:port", port.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        var (code, _, errors) = await relay.ExitAsync();
        Assert.Equal(1, code);
        Assert.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), OneLine(errors));
    }

    [Fact]
    public async Task ADatabaseInUseIsOneLineAndOne()
    {
        await using var first = await RelayProcess.StartAsync(_folder.FullName);
        await using var second = RelayProcess.Start(_folder.FullName);
        var (code, _, errors) = await second.ExitAsync();
        Assert.Equal(1, code);
        Assert.Contains("relay.db", OneLine(errors));
        await using var client = await first.JoinAsync();
    }

    // Beside it there is only what the log tells of every start.
    private static string OneLine(string errors) =>
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => !line.Contains(" info: ", StringComparison.Ordinal));
}
