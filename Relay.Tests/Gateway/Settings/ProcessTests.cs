using System.Diagnostics;
using System.Net;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

/// <summary>The program as it is started: its environment belongs to the process, so these start one.</summary>
public class ProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task NeitherKubernetesNorTheFrameworksVariablesMoveWhereItListens()
    {
        using var process = Start(
            ["--server:port", "0", "--metrics:port", "0"],
            new()
            {
                ["RELAY_PORT"] = "tcp://10.0.0.1:80",
                ["RELAY_SERVICE_HOST"] = "10.0.0.1",
                ["RELAY_SERVER__HOST"] = "127.0.0.5",
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:1",
                ["DOTNET_URLS"] = "http://127.0.0.1:1",
                ["ASPNETCORE_HTTP_PORTS"] = "1",
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["Kestrel__Endpoints__Http__Url"] = "http://127.0.0.1:1",
            });
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            Assert.StartsWith("relay listening on http://127.0.0.5:", line);
            using var client = new HttpClient();
            using var response = await client.GetAsync(line!.Split(' ')[^1] + "/healthz/live").WaitAsync(Patience);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task FaultySettingsEndTheProcessWithTwo()
    {
        using var process = Start(["--server:port", "http"], new() { ["RELAY_HUB__QUEUE_BYTES"] = "many" });
        var errors = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(RelayCommand.Faulty, process.ExitCode);
        Assert.Contains("RELAY_HUB__QUEUE_BYTES: hub.queue_bytes: ", errors);
        Assert.Contains("--server:port: server.port: ", errors);
    }

    private static Process Start(string[] args, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RelayCommand).Assembly.Location, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
