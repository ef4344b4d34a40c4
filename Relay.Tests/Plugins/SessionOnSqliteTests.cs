using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Storage.Sqlite;
using Relay.Plugins.Session;
using Relay.Tests.Gateway.Storage;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

public sealed class SessionOnSqliteTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly PluginKey Key = new(new(TenantId.Default, "alice"), "session_");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AnAcknowledgedStateIsThereAfterTheStoreWasOpenedAgain()
    {
        await using (var store = _folder.Start())
        {
            var plugin = await StartAsync(store, 1);
            Assert.Equal("""opened {"version":1,"state":null}""", await AskAsync(plugin, "open"));
            Assert.Equal("""state_set {"version":2}""", await AskAsync(plugin, "set_state", """{"state":[1, 2],"expected_version":1}"""));
        }

        await using (var store = _folder.Start())
        {
            var plugin = await StartAsync(store, 2);
            Assert.Equal("""state {"version":2,"state":[1, 2]}""", await AskAsync(plugin, "get_state"));
            Assert.Equal("closed {}", await AskAsync(plugin, "close"));
            Assert.StartsWith("!not_found", await AskAsync(plugin, "get_state"));
        }
    }

    [Fact]
    public async Task TwoWritersWithOneVersionDoNotLoseAnAcknowledgedState()
    {
        await using var store = _folder.Start();
        var plugin = await StartAsync(store, 1);
        await AskAsync(plugin, "open");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => AskAsync(plugin, "set_state", $$"""{"state":{{i}},"expected_version":1}""")));
        var winner = Array.FindIndex(answers, answer => answer == """state_set {"version":2}""");
        Assert.Equal(9, answers.Count(answer => answer == """!conflict The session has another version. {"version":2}"""));
        Assert.Equal($$"""state {"version":2,"state":{{winner}}}""", await AskAsync(plugin, "get_state"));
    }

    private static async Task<IRelayPlugin> StartAsync(SqliteStore store, long incarnation)
    {
        IRelayPlugin plugin = new SessionPlugin();
        await plugin.StartAsync(new TestPluginContext(store: store.Open(Key, incarnation)), default);
        return plugin;
    }

    private static async Task<string> AskAsync(IRelayPlugin plugin, string topic, string data = "")
    {
        var message = new TestPluginMessage(topic, data);
        await plugin.HandleAsync(message, default).AsTask().WaitAsync(Limit);
        return message.Answer ?? "";
    }
}
