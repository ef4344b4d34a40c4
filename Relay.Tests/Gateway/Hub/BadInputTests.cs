using System.Text;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Input that is legal on the wire and strange above it: a clear answer, and the socket goes on.</summary>
public sealed class BadInputTests(HubServer server) : IClassFixture<HubServer>
{
    private static readonly string Deep = string.Concat(Enumerable.Repeat("[", 5000));

    public static TheoryData<string, string> Invalid => new()
    {
        { "deep nesting in data", "{\"type\":\"echo_say\",\"request_id\":\"r1\",\"data\":" + Deep },
        { "deep nesting, closed", "{\"type\":\"echo_say\",\"data\":" + Deep + Deep.Replace('[', ']') + "}" },
        { "deep nesting alone", Deep },
        { "deep objects", string.Concat(Enumerable.Repeat("{\"type\":", 5000)) },
        { "type twice", """{"type":"echo_say","type":"echo_say"}""" },
        { "type twice, once escaped", """{"type":"echo_say","ty\u0070e":"echo_all"}""" },
        { "data twice", """{"type":"echo_say","data":1,"data":1}""" },
        { "request_id twice", """{"type":"echo_say","request_id":"a","request_id":"b"}""" },
        { "request_id an object", """{"type":"echo_say","request_id":{}}""" },
        { "request_id a truth", """{"type":"echo_say","request_id":true}""" },
        { "session_id a number", """{"type":"echo_say","session_id":7}""" },
        { "a byte order mark", "\ufeff{\"type\":\"echo_say\"}" },
        { "a comment", """{"type":"echo_say"/*x*/}""" },
        { "NaN", """{"type":"echo_say","data":NaN}""" },
        { "single quotes", "{'type':'echo_say'}" },
        { "a raw NUL", "{\"type\":\"echo_say\",\"data\":\"\0\"}" },
        { "a broken escape", """{"type":"echo_\q"}""" },
    };

    public static TheoryData<string, string> Strangers => new()
    {
        { "a type of 5,000 characters", "\"" + new string('x', 5000) + "\"" },
        { "an emoji where the message is cut", "\"" + new string('x', 63) + "🐙🐙\"" },
        { "a NUL", "\"\\u0000echo_say\"" },
        { "half a surrogate pair", "\"echo\\ud83d_say\"" },
        { "the other half", "\"\\udc19\"" },
        { "quotes and line ends", "\"\\\"\\n\\\\\"" },
        { "white space in front", "\" echo_say\"" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task StrangeJsonIsInvalidJsonAndTheSocketGoesOn(string name, string text)
    {
        var (client, _) = await server.Relay.JoinAsync(name + Guid.NewGuid());

        await client.SendTextAsync(text);

        Assert.Equal("invalid_json", (await client.ReceiveJsonAsync("error")).GetProperty("error").GetString());
        await client.ExpectUsableAsync();
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task AStrangeTypeFindsNoPluginAndTheSocketGoesOn(string name, string type)
    {
        var (client, _) = await server.Relay.JoinAsync(name + Guid.NewGuid());

        await client.SendTextAsync($$"""{"type":{{type}},"request_id":"r1"}""");

        var error = await client.ReceiveJsonAsync("error");
        Assert.Equal("plugin_not_found", error.GetProperty("error").GetString());
        Assert.Equal("r1", error.GetProperty("request_id").GetString());
        Assert.True(error.GetProperty("message").GetString()!.Length < 200);
        await client.ExpectUsableAsync();
    }

    [Theory]
    [InlineData("""{"type":"\u0065cho_\u0073ay","request_id":"r1"}""", """{"type":"echo_said","request_id":"r1"}""")]
    [InlineData("""{"\u0074ype":"echo_say","r\u0065quest_id":"r1"}""", """{"type":"echo_said","request_id":"r1"}""")]
    [InlineData("""{"type":"echo_say","request_id":null,"session_id":null,"data":null}""", """{"type":"echo_said","data":null}""")]
    [InlineData("""{"type":"echo_say","request_id":1e400}""", """{"type":"echo_said","request_id":1e400}""")]
    [InlineData("""{"type":"echo_say","request_id":"\u0000\ud83d"}""", """{"type":"echo_said","request_id":"\u0000\ud83d"}""")]
    [InlineData("""{"type":"echo_say","data":{"a":1,"a":2}}""", """{"type":"echo_said","data":{"a":1,"a":2}}""")]
    [InlineData("""{"type":"echo_say","data":"\ud83d"}""", """{"type":"echo_said","data":"\ud83d"}""")]
    [InlineData("""{"type":"echo_say","\ud83d":1,"other":1,"other":2}""", """{"type":"echo_said"}""")]
    [InlineData(" \r\n\t{ \"type\" : \"echo_say\" , \"data\" : [ 1 ] } \n", """{"type":"echo_said","data":[ 1 ]}""")]
    public async Task UnusualJsonIsTakenAsItIs(string text, string answer)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync(text);

        await client.ExpectAsync(answer);
        await client.ExpectUsableAsync();
    }

    [Theory]
    [InlineData("""{"type":"session_get_state","session_id":"\u0000","request_id":"r1"}""")]
    [InlineData("""{"type":"session_get_state","session_id":"\ud83d","request_id":"r1"}""")]
    [InlineData("""{"type":"session_set_state","data":7,"request_id":"r1"}""")]
    [InlineData("""{"type":"session_set_state","data":{"state":"\ud83d","expected_version":"x"},"request_id":"r1"}""")]
    [InlineData("""{"type":"session_nothing","request_id":"r1"}""")]
    public async Task WhatAPluginCannotUseIsItsOwnErrorAndNoCrash(string text)
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());

        await client.SendTextAsync(text);

        var answer = await client.ReceiveJsonAsync(json => json.TryGetProperty("request_id", out _));
        Assert.NotEqual("plugin_failed", answer.TryGetProperty("error", out var error) ? error.GetString() : "");
        var (_, welcome) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        Assert.Equal("running", welcome.GetProperty("plugins").GetProperty("session_").GetProperty("status").GetString());
        await client.ExpectUsableAsync();
    }

    [Fact]
    public async Task ThousandsOfBadMessagesAreAnsweredInOrder()
    {
        var (client, _) = await server.Relay.JoinAsync(Guid.NewGuid().ToString());
        using var frames = new MemoryStream();
        for (var i = 0; i < 2000; i++) frames.Write(Support.RawWebSocketClient.Frame(Opcode.Text, Encoding.UTF8.GetBytes($$"""{"type":"none_{{i}}","request_id":{{i}}}""")));

        var sent = client.SendRawAsync(frames.ToArray());
        for (var i = 0; i < 2000; i++) Assert.Equal(i, (await client.ReceiveJsonAsync("error")).GetProperty("request_id").GetInt32());

        await sent;
        await client.ExpectUsableAsync();
    }
}
