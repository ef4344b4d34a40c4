using Relay.Abstractions;
using Relay.Plugins.Ai;

namespace Relay.Tests.Plugins.Ai;

/// <summary>Chats that outlive the connection that asked for them.</summary>
public sealed class AiResumeTests
{
    private const string Question = """{"model":"m","stream_id":"s","messages":[{"role":"user","content":"?"}]}""";

    private readonly HandClient _client = new();

    [Fact]
    public async Task AnotherConnectionGoesOnWhereTheFirstWasLost()
    {
        var host = await AiHost.WithAsync(_client);
        var lost = new AiMessage("chat", Question, connectionId: "old");
        var running = host.HandleAsync(lost);
        _client.Say("a");
        _client.Say("b");
        Assert.Equal("""{"text":"a","index":0}""", (await lost.NextAsync()).Data.GetRawText());
        Assert.Equal("""{"text":"b","index":1}""", (await lost.NextAsync()).Data.GetRawText());
        Assert.False(lost.SurvivesDisconnect);
        await lost.Gone.CancelAsync();
        _client.Say("c");

        var back = Resume(1, "new");
        var reading = host.HandleAsync(back);
        Assert.Equal("""{"text":"b","index":1}""", (await back.NextAsync()).Data.GetRawText());
        Assert.Equal("""{"text":"c","index":2}""", (await back.NextAsync()).Data.GetRawText());
        _client.Say("d");
        _client.Finish("stop");
        _client.Close();
        await reading;
        await running;
        Assert.Equal(["delta", "done"], back.Rest().Select(frame => frame.Topic));
        Assert.Empty(lost.Rest());
    }

    [Fact]
    public async Task AChatIsKeptForTheWindowAfterItsEndAndThenForgotten()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Say("a");
        _client.Close();
        await host.ChatAsync(Question);

        host.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["delta", "done"], await ReadAsync(host, 0));
        host.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["done"], await ReadAsync(host, 1));
        host.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(["error:stream_not_found"], await ReadAsync(host, 0));
    }

    [Fact]
    public async Task AChatThatNobodyReadsEndsWithTheWindow()
    {
        var host = await AiHost.WithAsync(_client);
        var lost = new AiMessage("chat", Question);
        var running = host.HandleAsync(lost);
        await _client.AskedAsync();
        await lost.Gone.CancelAsync();
        _client.Say("still read by nobody");
        await _client.AskedAsync();
        // The window begins when the reader has left, which happens beside the test. The model goes on, or its own time would be up as well.
        while (!_client.Cancelled.Task.IsCompleted)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(25));
            _client.Say("on");
            await Task.WhenAny(_client.AskedAsync(), _client.Cancelled.Task);
        }

        await running;
        Assert.Equal(["error:stream_not_found"], await ReadAsync(host, 0));
    }

    [Fact]
    public async Task WhatIsNotKeptIsLostAndSaysSo()
    {
        var host = await AiHost.WithAsync(_client, new() { ["resume_bytes"] = "1024" });
        for (var i = 0; i < 30; i++) _client.Say("0123456789");
        _client.Close();
        Assert.Equal(31, (await host.ChatAsync(Question)).Count);

        Assert.Equal(["error:stream_lost"], await ReadAsync(host, 0));
        Assert.Equal(["error:stream_lost"], await ReadAsync(host, 31));
        Assert.Equal(["delta", "delta", "done"], await ReadAsync(host, 28));
    }

    [Theory]
    [InlineData(0, 27, 28)]
    [InlineData(1024, 28, 29)]
    public async Task WhatATenantsChatsKeepTogetherIsBoundedAndGivenBack(int others, int lost, int kept)
    {
        var host = await AiHost.WithAsync(_client, new() { ["tenant_resume_bytes"] = "200" });
        var budget = AiUpstream.Of(host.Settings).Budget("default");
        budget.Add(others);
        for (var i = 0; i < 30; i++) _client.Say("0123456789");
        _client.Close();

        // Its reader misses nothing.
        Assert.Equal(31, (await host.ChatAsync(Question)).Count);
        Assert.InRange(budget.Bytes, others + 1, others + 250);
        Assert.Equal(["error:stream_lost"], await ReadAsync(host, lost - 1));
        Assert.Equal([.. Enumerable.Repeat("delta", 30 - kept), "done"], await ReadAsync(host, kept));
        host.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(others, budget.Bytes);
    }

    [Fact]
    public async Task AReaderThatIsThereSlowsTheModelAndLosesNothing()
    {
        var host = await AiHost.WithAsync(_client, new() { ["resume_bytes"] = "1024" });
        var room = new TaskCompletionSource();
        var slow = new AiMessage("chat", Question) { Room = room.Task };
        for (var i = 0; i < 40; i++) _client.Say("0123456789");
        _client.Close();
        var running = host.HandleAsync(slow);
        await slow.Writing.Task.WaitAsync(AiHost.Patience);
        room.SetResult();
        await running;
        Assert.Equal(Enumerable.Range(0, 40), slow.Rest().Where(frame => frame.Topic == "delta").Select(frame => frame.Data.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task AStreamIdNamesOneChat()
    {
        var host = await AiHost.WithAsync(_client);
        var first = new AiMessage("chat", Question);
        var running = host.HandleAsync(first);
        await _client.AskedAsync();
        Assert.Equal(["error:stream_exists"], (await host.ChatAsync(Question)).Select(frame => frame.Topic));
        _client.Close();
        await running;
        Assert.Single(first.Rest());
    }

    [Fact]
    public async Task AUserHasSoManyAndNotMore()
    {
        var host = await AiHost.WithAsync(_client);
        var running = Enumerable.Range(0, 16).Select(i => host.HandleAsync(new AiMessage("chat", Question.Replace("\"s\"", $"\"s{i}\"", StringComparison.Ordinal)))).ToList();
        Assert.Equal(["error:busy"], (await host.ChatAsync(Question)).Select(frame => frame.Topic));
        _client.Close();
        await Task.WhenAll(running);
    }

    [Fact]
    public async Task AChatWithoutRoomForItsRequestLeavesNothingBehind()
    {
        var host = await AiHost.WithAsync(_client);
        await Assert.ThrowsAsync<TooManyOpenRequestsException>(() => host.HandleAsync(new AiMessage("chat", Question) { OpenRequestLimit = 1 }));
        Assert.Equal(["error:stream_not_found"], await ReadAsync(host, 0));
    }

    [Fact]
    public async Task StopEndsAResumableChatFromAnotherConnection()
    {
        var host = await AiHost.WithAsync(_client);
        var lost = new AiMessage("chat", Question, "r1", "old");
        var running = host.HandleAsync(lost);
        await _client.AskedAsync();
        await lost.Gone.CancelAsync();
        var stop = new AiMessage("stop", """{"request_id":"r1"}""", "r2", "new");
        await host.HandleAsync(stop);
        await running;
        Assert.Equal("""{"request_id":"r1","found":true}""", (await stop.NextAsync()).Data.GetRawText());
        Assert.Equal(["done"], await ReadAsync(host, 0));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"stream_id":7}""")]
    [InlineData("""{"stream_id":"s","from":-1}""")]
    [InlineData("""{"stream_id":"s","from":"1"}""")]
    [InlineData("""{"stream_id":"s","from":1.5}""")]
    public async Task AResumeThatSaysNoneIsInvalid(string data)
    {
        var host = await AiHost.WithAsync(_client);
        var message = new AiMessage("resume", data);
        await host.HandleAsync(message);
        Assert.Equal("error:invalid_data", Assert.Single(message.Rest()).Topic);
    }

    private static AiMessage Resume(int from, string connection = "c2", string stream = "s") => new("resume", $$"""{"stream_id":"{{stream}}","from":{{from}}}""", "again", connection);

    private static async Task<IEnumerable<string>> ReadAsync(AiHost host, int from, string stream = "s")
    {
        var message = Resume(from, stream: stream);
        await host.HandleAsync(message);
        return message.Rest().Select(frame => frame.Topic);
    }
}
