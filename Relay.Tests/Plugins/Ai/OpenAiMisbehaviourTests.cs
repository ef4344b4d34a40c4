using Microsoft.AspNetCore.Http;
using static Relay.Tests.Support.ScriptedChatUpstream;

namespace Relay.Tests.Plugins.Ai;

/// <summary>A server that misbehaves costs its chat a clear error, and nothing else.</summary>
public sealed class OpenAiMisbehaviourTests
{
    private const string Key = "sk-hunter2";

    public static TheoryData<string, string, string> Answers => new()
    {
        { "a page of HTML", "text/html", "<html>the secret page</html>" },
        { "an answer in one piece", "application/json", """{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}""" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AnAnswerThatIsNoStreamIsAnError(string what, string type, string body)
    {
        var error = await FailAsync(Body(200, type, body));

        Assert.True(error.Text == "The upstream did not answer with a stream of events.", what);
        Assert.Equal("""{"status":200}""", error.Data.GetRawText());
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1,2]")]
    [InlineData("""{"hello":"world"}""")]
    [InlineData("""{"choices":"none"}""")]
    [InlineData("""{"choices":[7]}""")]
    [InlineData("""{"choices":[{"delta":{"content":7}}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":"\ud800"}}]}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":"many"}}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1e99}}""")]
    public async Task AnEventThatIsNoChunkIsAnError(string data) =>
        Assert.Equal("The upstream sent an event that is no part of a chat.", (await FailAsync(Events(data, "[DONE]"))).Text);

    [Theory]
    [InlineData("")]
    [InlineData("data: [DONE]\n\n")]
    [InlineData(": only a comment\n\n")]
    [InlineData("<html>hello</html>")]
    public async Task AnEmptyStreamIsAnError(string body) =>
        Assert.Equal("The upstream sent an empty answer.", (await FailAsync(Body(200, "text/event-stream", body))).Text);

    [Fact]
    public async Task AStreamThatEndsTooEarlyIsAnErrorAfterItsDeltas()
    {
        await using var upstream = await StartAsync(Events(Delta("half")));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        var sent = await host.ChatAsync();

        Assert.Equal(["delta", "error:upstream_error"], sent.Select(frame => frame.Topic));
        Assert.Equal("The upstream broke off its answer.", sent[1].Text);
    }

    [Fact]
    public async Task AConnectionThatBreaksInMidStreamIsAnErrorAndNotTriedAgain()
    {
        var arrived = new TaskCompletionSource();
        await using var upstream = await StartAsync(async context =>
        {
            // An id and a retry time invite a reader of events to ask again.
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync($"retry: 1\nid: 7\ndata: {Delta("half")}\n\n");
            await arrived.Task;
            context.Abort();
        });
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        Assert.Equal("delta", (await chat.NextAsync()).Topic);

        arrived.SetResult();

        await running;
        Assert.Equal("The upstream broke off its answer.", Assert.Single(chat.Rest()).Text);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task AConnectionThatBreaksBeforeTheAnswerIsAnErrorAndNotTriedAgain()
    {
        await using var upstream = await StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        Assert.Equal("The upstream cannot be reached.", Assert.Single(await host.ChatAsync()).Text);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task AServerThatIsNotThereIsAnError()
    {
        var upstream = await StartAsync(SilenceAsync);
        var address = upstream.BaseUrl;
        await upstream.DisposeAsync();
        var host = await AiHost.ConfiguredAsync(address, Key);

        var error = Assert.Single(await host.ChatAsync());

        Assert.Equal(("error:upstream_error", "The upstream cannot be reached."), (error.Topic, error.Text));
        Assert.DoesNotContain(Key, Assert.Single(host.Logged));
    }

    [Theory]
    [InlineData(500, "<html>the secret trace</html>", "The upstream answered with status 500.", """{"status":500}""")]
    [InlineData(503, "", "The upstream answered with status 503.", """{"status":503}""")]
    [InlineData(201, """{"error":"odd"}""", "The upstream answered with status 201: odd", """{"status":201}""")]
    [InlineData(404, """{"error":{"message":"The model `m` does\nnot exist","type":"invalid_request_error","code":"model_not_found"}}""",
        "The upstream answered with status 404: The model `m` does not exist", """{"status":404,"code":"model_not_found"}""")]
    [InlineData(429, """{"error":{"message":"Slow down","type":"rate_limit","code":null}}""",
        "The upstream answered with status 429: Slow down", """{"status":429,"code":"rate_limit"}""")]
    [InlineData(400, """{"error":{"message":"key sk-hunter2 is not yours"}}""", "The upstream answered with status 400.", """{"status":400}""")]
    [InlineData(401, """{"error":{"message":"Incorrect key sk-hu****2"}}""", "The upstream refused the relay's credentials.", """{"status":401}""")]
    public async Task AStatusIsToldWithTheServersOwnWordsButNoBodyAndNoKey(int status, string body, string text, string data)
    {
        await using var upstream = await StartAsync(Body(status, "application/json", body));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl, Key);

        var error = Assert.Single(await host.ChatAsync());

        Assert.Equal(("error:upstream_error", text, data), (error.Topic, error.Text, error.Data.GetRawText()));
        Assert.Single(upstream.Requests);
        Assert.DoesNotContain(host.Logged, line => line.Contains(Key, StringComparison.Ordinal) || line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ALongErrorIsCutBetweenCharacters()
    {
        var error = await FailAsync(Body(400, "application/json", $$$"""{"error":{"message":"x{{{string.Concat(Enumerable.Repeat("😀", 400))}}}"}}"""));

        Assert.EndsWith("😀…", error.Text);
        Assert.True(error.Text!.Length < 350);
    }

    [Fact]
    public async Task AnErrorEventInTheStreamIsTold()
    {
        var error = await FailAsync(Events("""{"error":{"message":"overloaded","code":529}}""", "[DONE]"));

        Assert.Equal("The upstream reported an error: overloaded", error.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARedirectIsNotFollowed(bool sameServer)
    {
        await using var elsewhere = await StartAsync(Events(Finish("stop"), "[DONE]"));
        await using var upstream = await StartAsync(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = sameServer ? "/elsewhere" : elsewhere.BaseUrl + "/chat/completions";
            return Task.CompletedTask;
        });
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl, Key);

        var error = Assert.Single(await host.ChatAsync());

        Assert.Equal(("The upstream redirects elsewhere, which is not followed.", """{"status":307}"""), (error.Text, error.Data.GetRawText()));
        Assert.Single(upstream.Requests);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task AnEventWithoutEndIsAnError()
    {
        var error = await FailAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            var junk = new string('x', 64 * 1024);
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(junk);
        });

        Assert.Equal("The upstream sent an event that is too long.", error.Text);
    }

    [Fact]
    public async Task AnErrorBodyWithoutEndIsCutOff()
    {
        var error = await FailAsync(async context =>
        {
            context.Response.StatusCode = 500;
            var junk = new string('x', 64 * 1024);
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(junk);
        });

        Assert.Equal("The upstream answered with status 500.", error.Text);
    }

    private static async Task<Sent> FailAsync(Func<HttpContext, Task> answer)
    {
        await using var upstream = await StartAsync(answer);
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);
        var error = Assert.Single(await host.ChatAsync());
        Assert.Equal("error:upstream_error", error.Topic);
        return error;
    }
}
