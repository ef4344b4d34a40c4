using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Core.Plugins;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>What stands in the log of a whole session, with everything on that can be on; and what does not.</summary>
[Collection(TracesCollection.Name)]
public sealed class PrivateLogTests : IDisposable
{
    private const string Payload = "the-payload-of-alice", Token = "the-token-of-alice";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NoPayloadAndNoTokenIsLoggedAtAnyLevel(bool isJson)
    {
        using var log = new SpanLog();
        var connection = await SessionAsync(isJson ? LogFormat.Json : LogFormat.Text, LogLevel.Trace);
        var text = await File.ReadAllTextAsync(_file);
        Assert.DoesNotContain(Payload, text);
        Assert.DoesNotContain(Token, text);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Token)), text);

        // It is the log of that session, framework and all.
        Assert.Contains(connection, text);
        Assert.Contains("Microsoft.AspNetCore", text);
    }

    [Fact]
    public async Task ALineAboutAConnectionHasItsIdAndItsTraceAsMembers()
    {
        using var log = new SpanLog();
        var connection = await SessionAsync(LogFormat.Json, LogLevel.Debug);
        var lines = (await File.ReadAllLinesAsync(_file)).Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        var crash = Assert.Single(lines, static line => line.GetProperty("event_id").GetInt32() == 3001);
        Assert.Equal((connection, "error", "trace_"), (crash.GetProperty("connection").GetString(), crash.GetProperty("level").GetString(), crash.GetProperty("plugin").GetString()));
        Assert.Contains(log.Ended, span => span.TraceId.ToHexString() == crash.GetProperty("trace_id").GetString());
        Assert.Contains("InvalidOperationException", crash.GetProperty("exception").GetString());
        Assert.Equal([1200, 1201], lines.Where(line => line.TryGetProperty("connection", out var id) && id.GetString() == connection).Select(static line => line.GetProperty("event_id").GetInt32()).Where(static id => id < 2000));
    }

    [Fact]
    public async Task TextHasALineForEachEventToo()
    {
        await SessionAsync(LogFormat.Text, LogLevel.Debug);
        Assert.All(await File.ReadAllLinesAsync(_file), static line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trace|debug|info|warn|error|critical): [\w.]+\[\d+\] ", line));
    }

    // Through every job, with good and bad input. Gives the id of the connection that was used.
    private async Task<string> SessionAsync(LogFormat format, LogLevel level)
    {
        var options = new RelayLoggingOptions { Level = level, Output = _file, Format = format };
        Assert.True(RelayLogging.TryOpen(options, out var file, out _));
        await using var relay = await RelayServer.StartAsync(settings => settings with { Logging = options }, static services => services.AddRelayPlugin<TracingPlugin>(), logFile: file);
        var client = await relay.ConnectAsync($"/ws?user_id=alice&access_token={Token}", ("Authorization", "Bearer " + Token), ("Cookie", "a=" + Token));
        var connection = (await client.ReceiveJsonAsync(static json => json.GetProperty("type").ValueEquals("welcome"))).GetProperty("connection_id").GetString()!;
        await AskAsync(client, $$"""{"type":"session_set_state","request_id":"1","data":{"state":"{{Payload}}"} }""");
        await AskAsync(client, $$"""{"type":"session_set_state","request_id":"2","data":{"state":"{{Payload}}","expected_version":77} }""");
        await AskAsync(client, $$"""{"type":"session_set_state","request_id":"3","data":["{{Payload}}"]}""");
        await AskAsync(client, $$"""{"type":"nobody_{{Payload}}","request_id":"4"}""");
        await AskAsync(client, $$"""{"type":"trace_crash","request_id":"5","data":"{{Payload}}"}""");
        await AskAsync(client, $$"""{"type":"ai_chat","request_id":"6","data":{"model":"m","messages":[{"role":"user","content":"{{Payload}}"}]} }""");
        await client.SendTextAsync($$"""{"{{Payload}}""");
        await client.ReceiveJsonAsync(static json => json.TryGetProperty("error", out var error) && error.ValueEquals("invalid_json"));
        var room = await relay.ConnectAsync($"/rooms/r?access_token={Token}");
        await room.SendTextAsync(Payload);
        await room.ReceiveAsync();
        using var caller = new NodeCaller(relay);
        (string, string)[] headers = [("Authorization", "Bearer " + Token), ("X-Api-Key", Token)];
        foreach (var path in new[] { "/v1/chat/completions", "/api/v1/users/alice/messages", "/api/v1/rooms/r/messages", "/nowhere" })
        {
            using var answer = await caller.PostAsync($$"""{"type":"news","data":"{{Payload}}","model":"{{Payload}}","messages":[]}""", path + "?access_token=" + Token, headers: headers);
            Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
        }

        await client.SendCloseAsync(1000);
        await client.ReceiveCloseAsync();
        return connection;
    }

    private static async Task AskAsync(RawWebSocketClient client, string message)
    {
        var id = JsonDocument.Parse(message).RootElement.GetProperty("request_id").GetString();
        await client.SendTextAsync(message);
        await client.ReceiveJsonAsync(json => json.TryGetProperty("request_id", out var told) && told.ValueEquals(id));
    }
}
