using Relay.Abstractions;

namespace Relay.Tests.Plugins.Ai;

public sealed class AiStopTests
{
    private readonly HandClient _client = new();

    [Fact]
    public async Task StopEndsItsChatWhileAnotherGoesOn()
    {
        var host = await AiHost.WithAsync(_client);
        var (first, second) = (Chat("r1"), Chat("r2"));
        var running = new[] { host.HandleAsync(first), host.HandleAsync(second) };
        await _client.AskedAsync();
        await _client.AskedAsync();

        Assert.Equal("""{"request_id":"r1","found":true}""", await StopAsync(host, "r1"));
        await running[0];
        var end = Assert.Single(first.Rest());
        Assert.Equal(("done", """{"finish_reason":"stopped"}"""), (end.Topic, end.Data.GetRawText()));

        _client.Say("for the other");
        _client.Close();
        await running[1];
        Assert.Equal(["delta", "done"], second.Rest().Select(frame => frame.Topic));
    }

    [Fact]
    public async Task AChatThatIsNotRunningIsNotFound()
    {
        var host = await AiHost.WithAsync(_client);
        _client.Close();
        await host.ChatAsync();

        Assert.Equal("""{"request_id":"r1","found":false}""", await StopAsync(host, "r1"));
        Assert.Equal("""{"request_id":"nobody","found":false}""", await StopAsync(host, "nobody"));
    }

    [Fact]
    public async Task TwoTabsWithOneIdStopEachItsOwn()
    {
        var host = await AiHost.WithAsync(_client);
        var (left, right) = (Chat("r1", "left"), Chat("r1", "right"));
        var running = new[] { host.HandleAsync(left), host.HandleAsync(right) };

        await StopAsync(host, "r1", "right");
        await running[1];
        Assert.False(running[0].IsCompleted);

        _client.Close();
        await running[0];
        Assert.Equal("""{"finish_reason":"stop"}""", Assert.Single(left.Rest()).Data.GetRawText());
    }

    [Fact]
    public async Task AChatThatOutlivedItsConnectionIsStoppedFromTheNextOne()
    {
        var host = await AiHost.WithAsync(_client);
        var running = host.HandleAsync(Chat("r1", "old"));

        Assert.Equal("""{"request_id":"r1","found":true}""", await StopAsync(host, "r1", "new"));

        await running;
    }

    [Fact]
    public async Task AChatWithoutIdRunsAndNoStopFindsIt()
    {
        var host = await AiHost.WithAsync(_client);
        var chat = Chat(null);
        var running = host.HandleAsync(chat);

        Assert.Equal("""{"request_id":"","found":false}""", await StopAsync(host, ""));

        _client.Say("hello");
        _client.Close();
        await running;
        Assert.Equal(["delta", "done"], chat.Rest().Select(frame => frame.Topic));
    }

    [Fact]
    public async Task TooManyOpenChatsPassThroughAndLeaveNothingBehind()
    {
        var host = await AiHost.WithAsync(_client);
        var chat = new AiMessage("chat", AiHost.OneQuestion) { OpenRequestLimit = 4 };

        await Assert.ThrowsAsync<TooManyOpenRequestsException>(() => host.HandleAsync(chat));

        Assert.Equal("""{"request_id":"r1","found":false}""", await StopAsync(host, "r1"));
    }

    private static AiMessage Chat(string? requestId, string connection = "c1") => new("chat", AiHost.OneQuestion, requestId, connection);

    private static async Task<string> StopAsync(AiHost host, string requestId, string connection = "c1")
    {
        var stop = new AiMessage("stop", $$"""{"request_id":"{{requestId}}"}""", "s1", connection);
        await host.HandleAsync(stop);
        var reply = Assert.Single(stop.Rest());
        Assert.Equal("stopped", reply.Topic);
        return reply.Data.GetRawText();
    }
}
