using System.Text.Json;
using static Relay.Tests.Support.ScriptedChatUpstream;

namespace Relay.Tests.Plugins.Ai;

/// <summary>The plugin with a real OpenAI-compatible server behind it, which behaves.</summary>
public sealed class OpenAiUpstreamTests
{
    [Fact]
    public async Task AStreamArrivesWithItsUsage()
    {
        await using var upstream = await StartAsync(Events(Delta("Hel"), Delta("lo"), Finish("stop"), Usage(9, 2), "[DONE]"));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        var sent = await host.ChatAsync();

        Assert.Equal(["Hel", "lo"], sent.SkipLast(1).Select(frame => frame.Data.GetProperty("text").GetString()));
        Assert.Equal("""{"finish_reason":"stop","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""", sent[^1].Data.GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task TheRequestIsWhatTheServerExpects(string slash)
    {
        await using var upstream = await StartAsync(Events(Finish("stop"), "[DONE]"));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl + slash, "sk-hunter2");

        await host.ChatAsync("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"ü"}]},{"role":"tool","tool_call_id":"t","content":"42"}]}""");

        var (path, accept, authorization, body) = Assert.Single(upstream.Requests);
        Assert.Equal(("/v1/chat/completions", "text/event-stream", "Bearer sk-hunter2"), (path, accept, authorization));
        Assert.True(JsonElement.DeepEquals(
            JsonDocument.Parse("""
                {"model":"m","messages":[{"role":"user","content":"aü"},{"role":"tool","tool_call_id":"t","content":"42"}],
                "stream":true,"stream_options":{"include_usage":true}}
                """).RootElement,
            JsonDocument.Parse(body).RootElement));
    }

    [Fact]
    public async Task WhatCompatibleServersAddOrLeaveOutDoesNotHurt()
    {
        await using var upstream = await StartAsync(Events(
            """{"id":"x","model":"m","choices":[{"delta":{"role":"assistant","content":null,"reasoning_content":"hm"},"finish_reason":""}],"usage":null}""",
            """{"choices":[{"delta":{"content":"ok"}}]}""",
            """{"choices":[{"delta":null,"finish_reason":"eos"}],"usage":{"prompt_tokens":1}}""",
            "[DONE]"));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        var sent = await host.ChatAsync();

        Assert.Equal(["""{"text":"ok"}""", """{"finish_reason":"eos","usage":{"prompt_tokens":1}}"""], sent.Select(frame => frame.Data.GetRawText()));
    }

    [Fact]
    public async Task AStreamWithoutItsLastLineIsWholeOnceTheModelHasFinished()
    {
        await using var upstream = await StartAsync(Events(Delta("all"), Finish("stop")));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        Assert.Equal(["delta", "done"], (await host.ChatAsync()).Select(frame => frame.Topic));
    }

    [Fact]
    public async Task AStreamWithALastLineIsWholeWithoutAReason()
    {
        await using var upstream = await StartAsync(Events(Delta("all"), "[DONE]"));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        Assert.Equal("""{"finish_reason":"stop"}""", (await host.ChatAsync())[^1].Data.GetRawText());
    }

    [Fact]
    public async Task ALongAnswerIsNotCutShort()
    {
        const int Parts = 2_000;
        var text = new string('x', 1_000);
        await using var upstream = await StartAsync(Events([.. Enumerable.Repeat(Delta(text), Parts), Finish("stop"), "[DONE]"]));
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);

        Assert.Equal(Parts + 1, (await host.ChatAsync()).Count);
    }

    [Fact]
    public async Task AStopBeforeTheFirstWordReachesTheServersRequest()
    {
        await using var upstream = await StartAsync(SilenceAsync);
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        await upstream.Reached.WaitAsync(AiHost.Patience);

        await host.HandleAsync(new("stop", """{"request_id":"r1"}"""));

        await upstream.Aborted.WaitAsync(AiHost.Patience);
        await running;
        Assert.Equal("""{"finish_reason":"stopped"}""", Assert.Single(chat.Rest()).Data.GetRawText());
        Assert.Empty(host.Logged);
    }

    [Fact]
    public async Task AClosedConnectionReachesTheServersRequestInMidStream()
    {
        await using var upstream = await StartAsync(async context =>
        {
            await Events(Delta("one"))(context);
            await SilenceAsync(context);
        });
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        Assert.Equal("delta", (await chat.NextAsync()).Topic);

        await chat.Gone.CancelAsync();

        await upstream.Aborted.WaitAsync(AiHost.Patience);
        await running;
        Assert.Empty(chat.Rest());
    }

    [Fact]
    public async Task SilenceOfTheServerIsATimeoutThatEndsItsRequest()
    {
        await using var upstream = await StartAsync(SilenceAsync);
        var host = await AiHost.ConfiguredAsync(upstream.BaseUrl);
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        await upstream.Reached.WaitAsync(AiHost.Patience);

        host.Clock.Advance(TimeSpan.FromSeconds(60));

        await upstream.Aborted.WaitAsync(AiHost.Patience);
        await running;
        Assert.Equal("error:upstream_timeout", Assert.Single(chat.Rest()).Topic);
    }

    [Fact]
    public async Task UsersOfOneServerChatAtOnce()
    {
        var both = new TaskCompletionSource();
        var waiting = 0;
        await using var upstream = await StartAsync(async context =>
        {
            if (Interlocked.Increment(ref waiting) == 2)
                both.SetResult();
            await both.Task;
            await Events(Delta("hi"), Finish("stop"), "[DONE]")(context);
        });
        var (alice, bob) = (await AiHost.ConfiguredAsync(upstream.BaseUrl), await AiHost.ConfiguredAsync(upstream.BaseUrl));

        var answers = await Task.WhenAll(alice.ChatAsync(), alice.ChatAsync(), bob.ChatAsync());

        Assert.All(answers, sent => Assert.Equal(["delta", "done"], sent.Select(frame => frame.Topic)));
    }
}
