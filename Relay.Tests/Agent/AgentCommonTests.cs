using System.Text.Json;
using Microsoft.Extensions.Logging;
using Relay.Agent;
using Relay.Agent.Connecting;
using Relay.Agent.Logging;
using Relay.Tests.Support;

namespace Relay.Tests.Agent;

public class AgentCommonTests
{
    [Fact]
    public void PausesGrowToTheBoundAndVaryByHalf()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), new Random(7));
        double[] full = [1, 2, 4, 8, 16, 30, 30, 30];
        Assert.All(full, seconds => Assert.InRange(backoff.After(TimeSpan.Zero).TotalSeconds, seconds / 2, seconds));
    }

    [Fact]
    public void AConnectionThatStoodMakesThePausesBeginAnew()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), new Random(7));
        for (var i = 0; i < 100; i++)
            backoff.After(TimeSpan.FromSeconds(5));
        Assert.InRange(backoff.After(TimeSpan.FromSeconds(5)).TotalSeconds, 15, 30);
        Assert.InRange(backoff.After(TimeSpan.FromSeconds(31)).TotalSeconds, 0.5, 1);
    }

    [Theory]
    [InlineData("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/nodes")]
    [InlineData("http://127.0.0.1:8080/", "ws://127.0.0.1:8080/nodes")]
    [InlineData("https://relay.example.com/t/a%2Fb", "wss://relay.example.com/t/a%2Fb/nodes")]
    [InlineData("wss://relay.example.com/nodes", "wss://relay.example.com/nodes")]
    [InlineData("ws://[::1]:8080", "ws://[::1]:8080/nodes")]
    [InlineData("127.0.0.1:8080", null)]
    [InlineData("ftp://127.0.0.1", null)]
    [InlineData("ws://user:secret@127.0.0.1", null)]
    [InlineData("ws://127.0.0.1/?access_token=x", null)]
    [InlineData("", null)]
    public void ARelayIsGivenByItsAddress(string relay, string? socket) => Assert.Equal(socket, RelayTarget.SocketAddress(relay, "nodes")?.OriginalString);

    [Fact]
    public void ATokenFileIsReadAnewForEachConnection()
    {
        var file = Path.GetTempFileName();
        try
        {
            Assert.Null(TokenSource.Of(null, file, "from-environment", out var source));
            File.WriteAllText(file, "first\n");
            Assert.Equal("first", source.Read());
            File.WriteAllText(file, "second\n");
            Assert.Equal("second", source.Read());
            File.WriteAllText(file, "\n");
            Assert.Throws<IOException>(source.Read);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void ATokenComesFromTheOptionBeforeTheEnvironment()
    {
        Assert.Null(TokenSource.Of("option", null, "environment", out var source));
        Assert.Equal("option", source.Read());
        Assert.Null(TokenSource.Of(null, null, "environment", out source));
        Assert.Equal("environment", source.Read());
        Assert.Null(TokenSource.Of(null, null, null, out source));
        Assert.Null(source.Read());
        Assert.NotNull(TokenSource.Of("two\r\nlines", null, null, out _));
        Assert.NotNull(TokenSource.Of("a", "b", null, out _));
        Assert.NotNull(TokenSource.Of(null, "/no/such/file", null, out _));
    }

    [Fact]
    public void ALineOfJsonHasTheEventsFieldsByName()
    {
        var writer = new StringWriter();
        DialLog.NoConnection(new AgentLogger(writer, new ManualTime(), json: true, verbose: false), new Uri("ws://127.0.0.1:1/nodes"), "refused\nat once", 1.5);
        var line = Assert.Single(writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        using var json = JsonDocument.Parse(line);
        Assert.Equal(10001, json.RootElement.GetProperty("id").GetInt32());
        Assert.Equal("NoConnection", json.RootElement.GetProperty("event").GetString());
        Assert.Equal("warning", json.RootElement.GetProperty("level").GetString());
        Assert.Equal("refused\nat once", json.RootElement.GetProperty("fields").GetProperty("why").GetString());
        Assert.Equal(1.5, json.RootElement.GetProperty("fields").GetProperty("seconds").GetDouble());
    }

    [Fact]
    public void ALineForAPersonIsOneLineWhateverOthersSay()
    {
        var writer = new StringWriter();
        var logger = new AgentLogger(writer, new ManualTime(), json: false, verbose: false);
        DialLog.Refused(logger, new Uri("ws://127.0.0.1:1/nodes"), "no\r\n\u001b[2Jway");
        logger.LogDebug("not said without --verbose");
        Assert.EndsWith("error: no connection to ws://127.0.0.1:1/nodes: no   [2Jway" + Environment.NewLine, writer.ToString());
        Assert.Single(writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task AnOptionThatIsNotThereIsAUsageError()
    {
        using var rig = new AgentRig();
        Assert.Equal(2, await AgentCommands.RunAsync(["--no-such-option"], rig.Context()));
        Assert.Contains("--help", rig.Error.ToString());
    }

    [Fact]
    public async Task HelpIsNoError()
    {
        using var rig = new AgentRig();
        Assert.Equal(0, await AgentCommands.RunAsync(["--help"], rig.Context()));
        Assert.NotEmpty(rig.Out.ToString());
    }
}
