using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Relay.Tests.Plugins.Ai;

/// <summary>A chat's way from the message to its end, with a client played by hand.</summary>
public sealed class AiChatTests
{
    private readonly HandClient _client = new();

    [Fact]
    public async Task DeltasThenDoneWithReasonAndUsage()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Say("Grüß ");
        _client.Say("dich");
        _client.Finish("length");
        _client.Play(() => new() { Contents = [new UsageContent(new() { InputTokenCount = 3, OutputTokenCount = 2, TotalTokenCount = 5 })] });
        _client.Close();

        var sent = await host.ChatAsync();

        Assert.Equal(["delta", "delta", "done"], sent.Select(frame => frame.Topic));
        Assert.Equal("""{"text":"Grüß "}""", sent[0].Data.GetRawText());
        Assert.Equal("""{"finish_reason":"length","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""", sent[2].Data.GetRawText());
        Assert.Empty(host.Logged);
    }

    [Fact]
    public async Task MessagesOfEveryRoleAndTextPartsReachTheClient()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Close();

        await host.ChatAsync("""
            {"model":"llama","messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
            {"role":"assistant","content":""},{"role":"tool","tool_call_id":"t1","content":"42"}]}
            """);

        Assert.Equal("llama", _client.Options?.ModelId);
        Assert.Equal(["system", "user", "assistant", "tool"], _client.Messages.Select(message => message.Role.Value));
        Assert.Equal(["be brief", "ab", ""], _client.Messages.Take(3).Select(message => message.Text));
        var result = Assert.IsType<FunctionResultContent>(Assert.Single(_client.Messages[3].Contents));
        Assert.Equal(("t1", "42"), (result.CallId, result.Result));
    }

    [Fact]
    public async Task TheConfiguredModelAnswersWhenTheChatNamesNone()
    {
        var host = await AiHost.WithAsync(_client, new() { ["upstream.model"] = "house-model" });
        _client.Close();

        await host.ChatAsync("""{"messages":[{"role":"user","content":"hi"}]}""");

        Assert.Equal("house-model", _client.Options?.ModelId);
    }

    [Theory]
    [InlineData(true, "done")]
    [InlineData(false, "error:no_upstream")]
    public async Task AClientThatTheHostRegistersAnswers(bool registered, string end)
    {
        var services = new ServiceCollection();
        if (registered)
            services.AddSingleton<IChatClient>(_client);
        await using var provider = services.BuildServiceProvider();
        var host = await AiHost.FromAsync(provider);
        _client.Close();

        Assert.Equal(end, Assert.Single(await host.ChatAsync()).Topic);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public async Task TheRequestSaysWhetherItOutlivesItsConnection(string value, bool survives)
    {
        var host = await AiHost.WithAsync(_client);
        _client.Close();
        var chat = new AiMessage("chat", $$"""{"messages":[{"role":"user","content":"hi"}],"continue":{{value}}}""");

        await host.HandleAsync(chat);

        Assert.Equal(survives, chat.SurvivesDisconnect);
    }

    [Fact]
    public async Task TheUpstreamWaitsWhileTheClientHasNoRoom()
    {
        var host = await AiHost.WithAsync(_client);
        var room = new TaskCompletionSource();
        var chat = new AiMessage("chat", AiHost.OneQuestion) { Room = room.Task };
        var running = host.HandleAsync(chat);
        Assert.Equal(0, await _client.AskedAsync());

        _client.Say("first");
        _client.Say("second");
        _client.Close();
        await chat.Writing.Task.WaitAsync(AiHost.Patience);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _client.Asking);
        Assert.Empty(chat.Rest());

        room.SetResult();
        await running;
        Assert.Equal(["delta", "delta", "done"], chat.Rest().Select(frame => frame.Topic));
    }

    [Fact]
    public async Task AnUpstreamThatFallsSilentIsATimeout()
    {
        var host = await AiHost.WithAsync(_client, new() { ["idle_timeout"] = "20s" });
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        await _client.AskedAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(19));
        _client.Say("well");
        await _client.AskedAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(_client.Cancelled.Task.IsCompleted);

        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await running;

        Assert.Equal(["delta", "error:upstream_timeout"], chat.Rest().Select(frame => frame.Topic));
        Assert.Contains("silent for 20 s", Assert.Single(host.Logged));
    }

    [Fact]
    public async Task AModelThatThinksKeepsItsRequestAliveUntilItsOwnLimit()
    {
        var host = await AiHost.WithAsync(_client, new() { ["idle_timeout"] = "10m" });
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        await _client.AskedAsync();

        for (var seconds = 1; seconds < 600; seconds++)
            host.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(599, chat.KeepAlives);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await running;
        Assert.Equal("error:upstream_timeout", Assert.Single(chat.Rest()).Topic);
    }

    [Fact]
    public async Task ChunksWithoutTextKeepTheRequestAlive()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Play(() => new());
        _client.Close();
        var chat = new AiMessage("chat", AiHost.OneQuestion);

        await host.HandleAsync(chat);

        Assert.Equal(1, chat.KeepAlives);
        Assert.Equal("""{"finish_reason":"stop"}""", Assert.Single(chat.Rest()).Data.GetRawText());
    }

    [Fact]
    public async Task AFailureAfterTheModelHasFinishedCostsNothing()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Say("all of it");
        _client.Finish("stop");
        _client.Break(new IOException("connection reset"));

        var sent = await host.ChatAsync();

        Assert.Equal(["delta", "done"], sent.Select(frame => frame.Topic));
    }

    [Fact]
    public async Task AForeignExceptionIsTheUpstreamsErrorAndItsTextStaysInside()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Break(new FormatException("cannot read 'the secret question'"));

        var error = Assert.Single(await host.ChatAsync());

        Assert.Equal(("error:upstream_error", "The upstream failed."), (error.Topic, error.Text));
        var line = Assert.Single(host.Logged);
        Assert.Contains(nameof(FormatException), line);
        Assert.DoesNotContain("secret", line);
    }

    [Fact]
    public async Task AClosedConnectionCancelsTheUpstreamAndIsToldNothing()
    {
        var host = await AiHost.WithAsync(_client);
        var chat = new AiMessage("chat", AiHost.OneQuestion);
        var running = host.HandleAsync(chat);
        await _client.AskedAsync();

        await chat.Gone.CancelAsync();
        await running;

        Assert.True(_client.Cancelled.Task.IsCompleted);
        Assert.Empty(chat.Rest());
        Assert.Empty(host.Logged);
    }
}
