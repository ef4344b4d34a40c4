using Relay.Abstractions;
using Relay.Core.Plugins;

namespace Relay.Tests.Plugins;

/// <summary>Which messages may be handled twice.</summary>
public sealed class IdempotentTopicTests
{
    private readonly List<string> _faults = [];

    [Fact]
    public void TopicsAreDeclaredAtTheirHandlersOrAtTheClass()
    {
        Assert.Equal(["h_get", "h_put", "p_get"], Build(typeof(Handlers), typeof(Plain)).IdempotentTypes.Order(StringComparer.Ordinal));
        Assert.Empty(_faults);
    }

    [Fact]
    public void ATypeThatGoesToAnotherPluginIsNotMeant() => Assert.Equal(["o_get_it"], Build(typeof(Outer), typeof(Inner)).IdempotentTypes);

    [Fact]
    public void AnEmptyTopicIsAFault()
    {
        Assert.Empty(Build(typeof(Empty)).Plugins);
        Assert.Contains("declares an empty topic to be idempotent", Assert.Single(_faults));
    }

    private PluginRegistry Build(params Type[] types) => PluginRegistry.Build(types.Select(type => new PluginRegistration(type)), _ => PluginSettings.None, _faults);

    [RelayPlugin("h_", IdempotentTopics = ["put"])]
    internal sealed class Handlers : RelayPlugin
    {
        [Topic("get", Idempotent = true), Topic("add")]
        public void Get(PluginMessage message) => message.Reply("got");
    }

    [RelayPlugin("p_", IdempotentTopics = ["get"])]
    internal class Plain : IRelayPlugin
    {
        public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation) => default;
    }

    [RelayPlugin("o_", IdempotentTopics = ["get_all"])]
    internal sealed class Outer : Plain;

    [RelayPlugin("o_get_", IdempotentTopics = ["it"])]
    internal sealed class Inner : Plain;

    [RelayPlugin("e_", IdempotentTopics = [""])]
    internal sealed class Empty : Plain;
}
