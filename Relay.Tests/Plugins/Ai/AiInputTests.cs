using Relay.Abstractions;
using Relay.Plugins.Ai;

namespace Relay.Tests.Plugins.Ai;

/// <summary>What a client or an operator can get wrong.</summary>
public sealed class AiInputTests
{
    [Theory]
    [InlineData("", "data: missing")]
    [InlineData("[]", "data: not an object")]
    [InlineData("{}", "data.messages: missing")]
    [InlineData("""{"messages":[]}""", "data.messages: not an array")]
    [InlineData("""{"messages":{}}""", "data.messages: not an array")]
    [InlineData("""{"model":7,"messages":[{"role":"user","content":"x"}]}""", "data.model: not text")]
    [InlineData("""{"model":"","messages":[{"role":"user","content":"x"}]}""", "data.model: empty")]
    [InlineData("""{"continue":1,"messages":[{"role":"user","content":"x"}]}""", "data.continue: neither")]
    [InlineData("""{"messages":["x"]}""", "data.messages[0]: not an object")]
    [InlineData("""{"messages":[{"role":"user","content":"x"},{"content":"x"}]}""", "data.messages[1].role: missing")]
    [InlineData("""{"messages":[{"role":"owner","content":"x"}]}""", "data.messages[0].role: not one of")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "data.messages[0].content: missing")]
    [InlineData("""{"messages":[{"role":"user","content":5}]}""", "data.messages[0].content: neither")]
    [InlineData("""{"messages":[{"role":"user","content":[]}]}""", "data.messages[0].content: neither")]
    [InlineData("""{"messages":[{"role":"user","content":["x"]}]}""", "data.messages[0].content[0]: not a part")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url"}]}]}""", "data.messages[0].content[1]: not a part")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "data.messages[0].content[0].text: missing")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "data.messages[0].tool_call_id: missing")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", "data: holds text that is not Unicode")]
    [InlineData("""{"\ud800":1,"messages":[{"role":"\udc00","content":"x"}]}""", "data: holds text that is not Unicode")]
    public async Task AFaultyChatIsToldThePathOfItsFault(string data, string fault)
    {
        var host = await AiHost.WithAsync(new HandClient());

        var error = Assert.Single(await host.ChatAsync(data));

        Assert.Equal("error:invalid_data", error.Topic);
        Assert.StartsWith(fault, error.Text);
    }

    [Fact]
    public async Task DataNestedTooDeepIsAFault()
    {
        var host = await AiHost.WithAsync(new HandClient());

        var error = Assert.Single(await host.ChatAsync(new string('[', 100) + new string(']', 100)));

        Assert.Equal(("error:invalid_data", "data: not readable, or nested too deep"), (error.Topic, error.Text));
    }

    [Theory]
    [InlineData("", "data: missing")]
    [InlineData("{}", "data.request_id: missing")]
    [InlineData("""{"request_id":1}""", "data.request_id: not text")]
    public async Task AFaultyStopIsToldThePathOfItsFault(string data, string fault)
    {
        var host = await AiHost.WithAsync(new HandClient());
        var stop = new AiMessage("stop", data);

        await host.HandleAsync(stop);

        var error = Assert.Single(stop.Rest());
        Assert.Equal(("error:invalid_data", fault), (error.Topic, error.Text));
    }

    [Fact]
    public async Task AnUnknownTopicIsAnswered()
    {
        var host = await AiHost.WithAsync(new HandClient());
        var message = new AiMessage("sing", "{}");

        await host.HandleAsync(message);

        Assert.Equal("error:unknown_topic", Assert.Single(message.Rest()).Topic);
    }

    [Fact]
    public async Task WithoutAnUpstreamThereIsNoChat()
    {
        var host = await AiHost.ConfiguredAsync(baseUrl: null);

        Assert.Equal("error:no_upstream", Assert.Single(await host.ChatAsync()).Topic);
    }

    [Fact]
    public async Task WithoutAnyModelTheUpstreamIsNotAsked()
    {
        var host = await AiHost.ConfiguredAsync("http://127.0.0.1:1/v1");

        var error = Assert.Single(await host.ChatAsync("""{"messages":[{"role":"user","content":"x"}]}"""));

        Assert.Equal("error:invalid_data", error.Topic);
        Assert.StartsWith("data.model: missing", error.Text);
    }

    [Theory]
    [InlineData("60", 60_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("250ms", 250)]
    [InlineData("2m", 120_000)]
    [InlineData("24h", 86_400_000)]
    public void AnIdleTimeoutIsSecondsOrADuration(string text, double milliseconds) =>
        Assert.Equal(milliseconds, AiSettings.Read(Settings("idle_timeout", text)).IdleTimeout.TotalMilliseconds);

    [Theory]
    [InlineData("idle_timeout", "0")]
    [InlineData("idle_timeout", "-5s")]
    [InlineData("idle_timeout", "25h")]
    [InlineData("idle_timeout", "soon")]
    [InlineData("idle_timeout", "s")]
    [InlineData("upstream.base_url", "localhost:11434")]
    [InlineData("upstream.base_url", "/v1")]
    [InlineData("upstream.base_url", "ftp://host/v1")]
    [InlineData("upstream.base_url", "https://me:hunter2@host/v1")]
    [InlineData("upstream.base_url", "https://host/v1?key=hunter2")]
    [InlineData("upstream.api_key", "hunter2\n")]
    [InlineData("upstream.api_key", "schlüssel-hunter2")]
    public void AnImpossibleSettingIsNamedWithoutItsSecret(string key, string value)
    {
        var fault = Assert.Throws<FormatException>(() => AiSettings.Read(Settings(key, value)));

        Assert.StartsWith($"plugins.ai.{key}: ", fault.Message);
        Assert.DoesNotContain("hunter2", fault.Message);
    }

    [Fact]
    public void InstancesOfOneConfigurationShareTheirClient()
    {
        var settings = Settings("upstream.base_url", "http://127.0.0.1:1/v1");

        Assert.Same(AiUpstream.Of(settings).Client, AiUpstream.Of(settings).Client);
    }

    private static PluginSettings Settings(string key, string value) => new("ai", new Dictionary<string, string> { [key] = value });
}
