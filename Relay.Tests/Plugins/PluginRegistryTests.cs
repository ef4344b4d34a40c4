using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Plugins.Echo;
using Relay.Plugins.Session;

namespace Relay.Tests.Plugins;

public sealed partial class PluginRegistryTests
{
    private readonly List<string> _faults = [];

    [Fact]
    public void PluginsThatServicesNameAreSortedAndFoundByTheirPrefix()
    {
        var services = new ServiceCollection().AddRelayPlugin<SessionPlugin>().AddRelayPlugin<EchoPlugin>().BuildServiceProvider();
        var registry = PluginRegistry.Build(services.GetServices<PluginRegistration>(), name => new(name, new Dictionary<string, string> { ["me"] = name }), _faults);
        Assert.Empty(_faults);
        Assert.Equal(["echo_", "session_"], registry.Plugins.Select(plugin => plugin.Prefix));
        var (echo, session) = (registry.Plugins[0], registry.Plugins[1]);
        Assert.Equal((true, false, true, true), (echo.Inline, echo.AutoStart, session.Inline, session.AutoStart));
        Assert.Equal(("session", "session"), (session.Name, session.Settings.GetString("me", "")));
        Assert.Same(session, registry.Plugins[registry.Prefixes.Find("session_open"u8)]);
    }

    [Theory]
    [InlineData(typeof(NoAttribute), "has no [RelayPlugin] attribute")]
    [InlineData(typeof(Abstract), "is abstract")]
    [InlineData(typeof(Generic<>), "is abstract, generic")]
    [InlineData(typeof(NoPlugin), "does not implement IRelayPlugin")]
    [InlineData(typeof(NoPrefix), "has the prefix ''")]
    [InlineData(typeof(OnlyUnderscore), "has the prefix '_'")]
    [InlineData(typeof(NoUnderscore), "has the prefix 'chat'")]
    [InlineData(typeof(UpperCase), "has the prefix 'Chat_'")]
    [InlineData(typeof(LeadingUnderscore), "has the prefix '_chat_'")]
    [InlineData(typeof(OfTheRelay), "frames of the type plugin_status are the relay's own")]
    [InlineData(typeof(TooLong), "2 to 64 characters")]
    [InlineData(typeof(EmptyScope), "requires a scope without a name")]
    [InlineData(typeof(HiddenConstructor), "needs exactly one public constructor")]
    [InlineData(typeof(TwoConstructors), "needs exactly one public constructor")]
    [InlineData(typeof(TopicsForNobody), "does not derive from RelayPlugin")]
    [InlineData(typeof(TwoForOneTopic), "both handle the topic 'a'")]
    [InlineData(typeof(EmptyTopic), "has an empty topic")]
    [InlineData(typeof(StaticHandler), "is static")]
    [InlineData(typeof(GenericHandler), "is generic")]
    [InlineData(typeof(AsyncVoid), "is async void")]
    [InlineData(typeof(ReturnsNumber), "returns Int32")]
    [InlineData(typeof(TakesNothing), "has a signature that no handler has")]
    [InlineData(typeof(WrongOrder), "has a signature that no handler has")]
    [InlineData(typeof(ByReference), "by reference")]
    [InlineData(typeof(TypedWithoutJson), "derive the class from RelayPlugin<TJson>")]
    [InlineData(typeof(UnknownData), "which OneJson does not know: add [JsonSerializable(typeof(Version))]")]
    public void AFaultNamesTheClassAndItsFile(Type type, string fault)
    {
        var registry = PluginRegistry.Build([new(type)], _ => PluginSettings.None, _faults);
        var found = Assert.Single(_faults);
        Assert.Contains(fault, found);
        Assert.Contains(type.FullName!, found);
        Assert.Contains("Relay.Tests.dll", found);
        Assert.Empty(registry.Plugins);
    }

    [Fact]
    public void AllFaultsAreFoundAtOnceAndTheGoodPluginsStay()
    {
        var registry = PluginRegistry.Build([new(typeof(Many)), new(typeof(EchoPlugin)), new(typeof(NoPlugin))], _ => PluginSettings.None, _faults);
        Assert.Equal(5, _faults.Count);
        Assert.Equal("echo_", Assert.Single(registry.Plugins).Prefix);
    }

    [Fact]
    public void TwoPluginsWithOnePrefixAreBothNamed()
    {
        PluginRegistry.Build([new(typeof(EchoPlugin)), new(typeof(OtherEcho))], _ => PluginSettings.None, _faults);
        var fault = Assert.Single(_faults);
        Assert.Contains("two plugins have the prefix 'echo_'", fault);
        Assert.Contains(typeof(EchoPlugin).FullName!, fault);
        Assert.Contains("Relay.Plugins.dll", fault);
        Assert.Contains(typeof(OtherEcho).FullName!, fault);
        Assert.Contains("Relay.Tests.dll", fault);
    }

    [Fact]
    public async Task EachInstanceHasItsOwnScopeThatEndsAfterIt()
    {
        var log = new List<string>();
        await using var services = new ServiceCollection().AddSingleton(log).AddScoped<Tool>().BuildServiceProvider(validateScopes: true);
        var plugin = Assert.Single(PluginRegistry.Build([new(typeof(TakesTool))], _ => PluginSettings.None, _faults).Plugins);
        var (one, two) = (plugin.Create(services), plugin.Create(services));
        Assert.NotSame(((TakesTool)one.Plugin).Tool, ((TakesTool)two.Plugin).Tool);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => one.DisposeAsync().AsTask());
        Assert.Equal(["plugin", "tool"], log);
    }

    [Fact]
    public void AServiceThatTheHostDoesNotHaveIsFoundAtStart()
    {
        using var services = new ServiceCollection().AddSingleton<List<string>>().BuildServiceProvider();
        PluginRegistry.Build([new(typeof(TakesTool))], _ => PluginSettings.None, _faults, services.GetRequiredService<IServiceProviderIsService>());
        Assert.Contains($"{typeof(TakesTool).FullName} in ", Assert.Single(_faults));
        Assert.Contains($"needs a {typeof(Tool)} for its constructor", _faults[0]);
    }

    [Fact]
    public async Task AConstructorThatThrowsComesThroughAndItsScopeEnds()
    {
        var log = new List<string>();
        await using var services = new ServiceCollection().AddSingleton(log).AddScoped<Tool>().BuildServiceProvider(validateScopes: true);
        var plugin = Assert.Single(PluginRegistry.Build([new(typeof(ThrowsWhenMade))], _ => PluginSettings.None, _faults).Plugins);
        Assert.Throws<InvalidTimeZoneException>(() => plugin.Create(services));
        Assert.Equal(["tool"], log);
    }

    internal sealed class Tool(List<string> log) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            log.Add("tool");
            return default;
        }
    }

    [JsonSerializable(typeof(int))]
    internal sealed partial class OneJson : JsonSerializerContext;
}
