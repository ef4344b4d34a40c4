using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Settings;

/// <summary>What a container asks with that has nothing else.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task ARelayThatIsReadySaysSo()
    {
        await using var relay = await RelayServer.StartAsync();
        Assert.Equal((0, "ready", ""), await AskAsync(relay.Port));
    }

    [Fact]
    public async Task ARelayThatStopsIsNotReady()
    {
        await using var relay = await RelayServer.StartAsync();
        _ = relay.Services.GetRequiredService<Relay.Gateway.Connections.ConnectionRegistry>().BeginDrain();
        var (code, _, errors) = await AskAsync(relay.Port);
        Assert.Equal((1, $"relay: http://127.0.0.1:{relay.Port}/healthz/ready answers 503"), (code, errors));
    }

    [Fact]
    public async Task NobodyThereIsNotReady()
    {
        // A port that was free a moment ago.
        var port = 0;
        await using (var relay = await RelayServer.StartAsync()) port = relay.Port;
        var (code, _, errors) = await AskAsync(port);
        Assert.Equal(1, code);
        Assert.Contains("does not answer", errors);
    }

    private static async Task<(int Code, string Output, string Errors)> AskAsync(int port)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var loading = new Loading { Args = ["--server:port", $"{port}", "--check-health"] };
        var code = await new RelayCommand(output, errors, static (_, _) => throw new InvalidOperationException("It must not start.")).ExecuteAsync(loading.Input());
        return (code, output.ToString().Trim(), errors.ToString().Trim());
    }
}
