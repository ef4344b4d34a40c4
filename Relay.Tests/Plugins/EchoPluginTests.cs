using Relay.Abstractions;
using Relay.Plugins.Echo;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

public sealed class EchoPluginTests
{
    private readonly TestPluginContext _context = new();
    private readonly EchoPlugin _plugin = new();

    public EchoPluginTests() => _plugin.StartAsync(_context, default).MustBeDone();

    [Theory]
    [InlineData("""{"a": 1}""")]
    [InlineData("")]
    public void SayGivesTheSameBytesBack(string data)
    {
        Assert.Equal($"said {data}".TrimEnd(), Ask("say", data));
        Assert.Empty(_context.Pushes);
    }

    [Fact]
    public void AllGivesEveryConnectionOneFrame()
    {
        Assert.Equal("said 1", Ask("all", "1"));
        Assert.Equal(["said 1 session=s except=c1"], _context.Pushes);
    }

    [Fact]
    public void AnUnknownTopicIsAnAnswer() => Assert.StartsWith("!unknown_topic", Ask("shout", "1"));

    [Fact]
    public void TheHandlerAllocatesNothing()
    {
        var message = new SilentMessage();
        IRelayPlugin plugin = _plugin;
        Assert.Equal(0, Allocations.Of(() => plugin.HandleAsync(message, default).MustBeDone()));
    }

    private string? Ask(string topic, string data)
    {
        var message = new TestPluginMessage(topic, data, "s");
        _plugin.HandleAsync(message, default).MustBeDone();
        return message.Answer;
    }
}
