using Microsoft.AspNetCore.Http;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Auth;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>The errors that leave the socket open: the exact frame, and a message after it that is answered.</summary>
public sealed class OpenErrorTests(HubServer server) : IClassFixture<HubServer>
{
    [Theory]
    [Provokes(ErrorCode.InvalidJson)]
    [InlineData("", "The message is not valid JSON at byte 1 of line 1.")]
    [InlineData("hello", "The message is not valid JSON at byte 1 of line 1.")]
    [InlineData("[1]", "The message is not a JSON object.")]
    [InlineData("null", "The message is not a JSON object.")]
    [InlineData("\"type\"", "The message is not a JSON object.")]
    [InlineData("{\"type\":\"echo_say\"", "The message is not valid JSON at byte 19 of line 1.")]
    [InlineData("{\"type\":\"echo_say\"} {}", "The message is not valid JSON at byte 21 of line 1.")]
    [InlineData("{\"type\":\"echo_say\",}", "The message is not valid JSON at byte 20 of line 1.")]
    public async Task WhatIsNoJsonObjectIsInvalidJson(string text, string message)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync(text);

        await client.ExpectAsync($$"""{"type":"error","error":"invalid_json","message":"{{message}}"}""");
        await client.ExpectUsableAsync();
    }

    [Fact]
    public async Task ABinaryFrameIsInvalidJson()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendFrameAsync(Opcode.Binary, "{\"type\":\"echo_say\"}"u8.ToArray());

        await client.ExpectAsync("""{"type":"error","error":"invalid_json","message":"A binary frame is not a JSON object."}""");
        await client.ExpectUsableAsync();
    }

    [Theory]
    [Provokes(ErrorCode.UnknownCommand)]
    [InlineData("{}", "The message has no 'type'.", "")]
    [InlineData("{\"request_id\":\"a\"}", "The message has no 'type'.", ",\"request_id\":\"a\"")]
    [InlineData("{\"type\":7,\"request_id\":8}", "The member 'type' is not a string.", ",\"request_id\":8")]
    [InlineData("{\"type\":null}", "The member 'type' is not a string.", "")]
    [InlineData("{\"type\":[\"echo_say\"]}", "The member 'type' is not a string.", "")]
    [InlineData("{\"request_id\":\"\\u0041 \\\"\",\"type\":{}}", "The member 'type' is not a string.", ",\"request_id\":\"\\u0041 \\\"\"")]
    public async Task AMessageWithoutATypeIsAnUnknownCommand(string text, string message, string requestId)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync(text);

        await client.ExpectAsync($$"""{"type":"error","error":"unknown_command","message":"{{message}}"{{requestId}}}""");
        await client.ExpectUsableAsync();
    }

    [Theory]
    [Provokes(ErrorCode.PluginNotFound)]
    [InlineData("nobody_home")]
    [InlineData("echo")]
    [InlineData("ECHO_say")]
    [InlineData("")]
    public async Task ATypeThatNoPrefixMatchesFindsNoPlugin(string type)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync($$"""{"type":"{{type}}","request_id":"r1"}""");

        await client.ExpectAsync($$"""{"type":"error","error":"plugin_not_found","message":"No plugin takes messages of the type '{{type}}'.","request_id":"r1"}""");
        await client.ExpectUsableAsync();
    }

    [Fact]
    [Provokes(ErrorCode.PluginFailed)]
    public async Task ACrashAndAFailedPluginAreToldToTheirMessage()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        var first = await client.AskAsync("probe_crash", "first");
        Assert.Equal("plugin_failed", first.GetProperty("error").GetString());
        Assert.Equal("probe_is", (await client.AskAsync("probe_who", "between")).GetProperty("type").GetString());
        var second = await client.AskAsync("probe_crash", "second");
        Assert.Equal("plugin_failed", second.GetProperty("error").GetString());

        await client.ReceiveJsonAsync(json => json.TryGetProperty("status", out var status) && status.ValueEquals("failed"));

        await client.SendTextAsync("""{"type":"probe_who","request_id":"late"}""");
        await client.ExpectAsync("""{"type":"error","error":"plugin_failed","message":"The plugin probe_ has failed for this user.","request_id":"late"}""");
        await client.ExpectUsableAsync();
    }

    [Fact]
    [Provokes(ErrorCode.NoAnswer)]
    public async Task AMessageThatItsPluginPassesOverGetsNoAnswer()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync("""{"type":"probe_silent","request_id":"r1"}""");

        await client.ExpectAsync("""{"type":"error","error":"no_answer","message":"The plugin finished without answering this request_id.","request_id":"r1"}""");
        await client.ExpectUsableAsync();
    }

    [Fact]
    public async Task AMessageWithoutARequestIdNeedsNoAnswer()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync("""{"type":"probe_silent"}""");

        Assert.Equal("probe_is", (await client.AskAsync("probe_who")).GetProperty("type").GetString());
    }

    [Fact]
    [Provokes(ErrorCode.Forbidden)]
    public async Task AScopeThatTheIdentityLacksIsForbidden()
    {
        await using var relay = await HubServer.StartAsync(identities: new ScopesOfTheQuery());
        var without = await relay.ConnectAsync("/ws?scopes=other");
        var with = await relay.ConnectAsync("/ws?scopes=vault,other");
        await without.ReceiveJsonAsync("welcome");
        await with.ReceiveJsonAsync("welcome");

        await without.SendTextAsync("""{"type":"vault_open","request_id":"r1"}""");

        await without.ExpectAsync("""{"type":"error","error":"forbidden","message":"The plugin vault_ asks for the scope 'vault'.","request_id":"r1"}""");
        await without.ExpectUsableAsync();
        Assert.Equal("vault_opened", (await with.AskAsync("vault_open")).GetProperty("type").GetString());
    }

    private sealed class ScopesOfTheQuery : IIdentitySource
    {
        public ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access) =>
            new(new IdentityResult(TenantId.Default, new UserIdentity(TenantId.Default.Name, "alice") { Scopes = [.. context.Request.Query["scopes"].ToString().Split(',')] }));
    }
}
