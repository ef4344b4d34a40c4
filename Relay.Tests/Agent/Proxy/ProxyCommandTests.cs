using System.Net;
using System.Net.Sockets;
using Relay.Agent;
using Relay.Tests.Support;

namespace Relay.Tests.Agent.Proxy;

/// <summary>The command as a shell sees it: what it prints, and how it ends.</summary>
public class ProxyCommandTests
{
    [Theory]
    [InlineData("--listen 127.0.0.1", "--listen")]
    [InlineData("--listen nowhere:1", "--listen")]
    [InlineData("--listen 0.0.0.0:0", "--user")]
    [InlineData("--user ann", "--user")]
    [InlineData("--ca-file /no/such/file", "--ca-file")]
    [InlineData("--max-connections 0", "--max-connections")]
    public async Task AWrongOptionIsNamed(string options, string named)
    {
        using var rig = new AgentRig();
        Assert.Equal(2, await AgentCommands.RunAsync(["proxy", "--relay", "ws://127.0.0.1:1", .. options.Split(' ')], rig.Context()).WaitAsync(ProxyRig.Bound));
        Assert.Contains(named, rig.Error.ToString());
        Assert.Empty(rig.Out.ToString());
    }

    [Fact]
    public async Task ItPrintsWhereItListensServesAndEndsWhenTold()
    {
        await using var relay = await RelayServer.StartAsync();
        using var rig = new AgentRig();
        var printed = new Lines();
        var running = AgentCommands.RunAsync(["proxy", "--relay", relay.Url.ToString()], rig.Context(TimeProvider.System) with { Out = printed });
        var line = await printed.First.WaitAsync(ProxyRig.Bound);
        Assert.Matches(@"^listening on 127\.0\.0\.1:\d+$", line);
        using (var client = new LocalClient(new Socket(SocketType.Stream, ProtocolType.Tcp)))
        {
            await client.Socket.ConnectAsync(IPEndPoint.Parse(line["listening on ".Length..]));
            await client.SendAsync("CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 403 ", await client.ReceiveAllAsync());
        }

        rig.Stop();
        Assert.Equal(0, await running.WaitAsync(ProxyRig.Bound));
    }

    [Fact]
    public async Task WhatIsPrintedForAShellIsNothingElse()
    {
        using var rig = new AgentRig();
        var printed = new Lines();
        var running = AgentCommands.RunAsync(
            ["proxy", "--relay", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0", "--print-env", "--no-proxy", "local", "--user", "a:b"], rig.Context(TimeProvider.System) with { Out = printed });
        Assert.Matches("^export HTTPS_PROXY='http://a:b@127\\.0\\.0\\.1:\\d+'$", await printed.First.WaitAsync(ProxyRig.Bound));
        Assert.Contains("listening on 127.0.0.1:", rig.Error.ToString());
        rig.Stop();
        Assert.Equal(0, await running.WaitAsync(ProxyRig.Bound));
        Assert.All(printed.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^export [A-Za-z_]+='[^']*'$", line));
    }

    [Fact]
    public async Task AnAddressThatIsTakenIsTheLocalSidesFault()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        using var rig = new AgentRig();
        Assert.Equal(4, await AgentCommands.RunAsync(["proxy", "--relay", "ws://127.0.0.1:1", "--listen", taken.LocalEndPoint!.ToString()!], rig.Context(TimeProvider.System)).WaitAsync(ProxyRig.Bound));
    }

    [Fact]
    public async Task ARelayThatRefusesEndsIt()
    {
        await using var relay = await RelayServer.StartAsync();
        using var rig = new AgentRig();
        Assert.Equal(3, await AgentCommands.RunAsync(["proxy", "--relay", relay.Url.ToString(), "--path", "no/such/path"], rig.Context(TimeProvider.System)).WaitAsync(ProxyRig.Bound));
        Assert.Empty(rig.Out.ToString());
    }

    /// <summary>Tells of its first line.</summary>
    private sealed class Lines : StringWriter
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public override void Flush() => _first.TrySetResult(ToString().Split('\n')[0].TrimEnd('\r'));
    }
}
