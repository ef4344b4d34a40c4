using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Plugins from a folder and from the host's code, in a relay that runs, and what keeps one from starting.</summary>
public sealed class PluginStartTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PluginsOfTheFolderOfTheHostAndOfTheRelayWorkSideBySide()
    {
        _folder.CompilePlugin("Hello/Hello.dll", "hello_", "\"hello\", System.Text.Encoding.UTF8.GetBytes(\"\\\"from a folder\\\"\")");
        _folder.CompilePlugin("Single.dll", "single_");
        await using var relay = await RelayServer.StartAsync(InFolder, services => services.AddRelayPlugin<CodePlugin>());
        var (client, welcome) = await relay.JoinAsync();

        Assert.Equal(["ai_", "code_", "hello_", "session_", "single_"], welcome.GetProperty("plugins").EnumerateObject().Select(plugin => plugin.Name));
        Assert.Equal("from a folder", (await client.AskAsync("hello_ask", "1")).GetProperty("data").GetString());
        Assert.Equal("single_hello", (await client.AskAsync("single_ask", "2")).GetProperty("type").GetString());
        Assert.Equal("code_told", (await client.AskAsync("code_tell", "3")).GetProperty("type").GetString());
        Assert.Equal("session_opened", (await client.AskAsync("session_open", "4", "{}")).GetProperty("type").GetString());
    }

    [Fact]
    public async Task TheLongestPrefixWins()
    {
        _folder.CompilePlugin("Short/Short.dll", "a_", "\"short\"");
        _folder.CompilePlugin("Long/Long.dll", "a_b_", "\"long\"");
        await using var relay = await RelayServer.StartAsync(InFolder);
        var (client, _) = await relay.JoinAsync();

        Assert.Equal("a_b_long", (await client.AskAsync("a_b_ask", "1")).GetProperty("type").GetString());
        Assert.Equal("a_short", (await client.AskAsync("a_ask", "2")).GetProperty("type").GetString());
    }

    [Fact]
    public async Task WhatCannotBeLoadedIsNamedWithItsFileAllAtOnce()
    {
        var broken = _folder.File("Broken.dll");
        await File.WriteAllTextAsync(broken, "no assembly");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "Empty"));
        var bare = _folder.Compile("Bare/Bare.dll", "public class Nothing { }");

        var error = await Assert.ThrowsAsync<RelayStartException>(() => RelayServer.StartAsync(InFolder));

        Assert.Equal(3, error.Faults.Count);
        Assert.Contains(error.Faults, fault => fault.Contains(broken, StringComparison.Ordinal));
        Assert.Contains(error.Faults, fault => fault.Contains(bare, StringComparison.Ordinal));
        Assert.Contains(error.Faults, fault => fault.Contains("Empty.dll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TwoPluginsWithOnePrefixDoNotStart()
    {
        var file = _folder.CompilePlugin("Twin/Twin.dll", "code_");

        var error = await Assert.ThrowsAsync<RelayStartException>(
            () => RelayServer.StartAsync(InFolder, services => services.AddRelayPlugin<CodePlugin>()));

        var fault = Assert.Single(error.Faults);
        Assert.Contains("'code_'", fault, StringComparison.Ordinal);
        Assert.Contains(nameof(CodePlugin), fault, StringComparison.Ordinal);
        Assert.Contains(file, fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APluginWithTheRelaysOwnPrefixDoesNotStart()
    {
        _folder.CompilePlugin("Mine/Mine.dll", "session_");

        var error = await Assert.ThrowsAsync<RelayStartException>(() => RelayServer.StartAsync(InFolder));

        Assert.Contains("'session_'", Assert.Single(error.Faults), StringComparison.Ordinal);
    }

    private RelaySettings InFolder(RelaySettings settings) => settings with { Plugins = settings.Plugins with { Directory = _folder.Path } };

    [RelayPlugin("code_")]
    private sealed class CodePlugin : IRelayPlugin
    {
        public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
        {
            message.Reply("told");
            return default;
        }
    }
}
