using Relay.Abstractions;
using Relay.Plugins.Session;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

public sealed class SessionPluginTests
{
    private readonly MemoryPluginStore _store = new();
    private readonly TestPluginContext _context;
    private readonly SessionPlugin _plugin = new();

    public SessionPluginTests() => _context = Started(new() { ["max_state_bytes"] = "20", ["max_sessions"] = "2" }, _plugin);

    [Fact]
    public async Task OpenMakesASessionOnceAndThenFindsIt()
    {
        Assert.Equal("""opened {"version":1,"state":null}""", await AskAsync("open"));
        Assert.Equal("""opened {"version":1,"state":null}""", await AskAsync("open"));
        Assert.Equal("""state {"version":1,"state":null}""", await AskAsync("get_state"));
        Assert.Equal("null", _store.Texts["default"]);
    }

    [Fact]
    public async Task OpenGivesTheStateThatAnotherInstanceMadeInBetween()
    {
        _store.Before = call =>
        {
            if (call == "put") _store.Put("a", "7"u8.ToArray(), 0);
            return default;
        };
        Assert.Equal("""opened {"version":1,"state":7}""", await AskAsync("open", session: "a"));
    }

    [Fact]
    public async Task AnUnknownSessionHasNoState()
    {
        Assert.StartsWith("!not_found", await AskAsync("get_state", session: "nobody"));
        Assert.Empty(_store.Texts);
    }

    [Theory]
    [InlineData("""{"state":{"a" : 1}}""", """{"a" : 1}""")]
    [InlineData(""" { "other" : [1,{}] , "state" : [ 1,2 ] , "x":null } """, "[ 1,2 ]")]
    [InlineData("""{"state":null}""", "null")]
    [InlineData("""{"state":1e3}""", "1e3")]
    [InlineData("""{"state":"\u00e9\ud83d"}""", "\"\\u00e9\\ud83d\"")]
    [InlineData("""{"\u0073tate":true}""", "true")]
    public async Task AStateIsKeptAsTheBytesThatWereSent(string data, string state)
    {
        Assert.Equal("""state_set {"version":1}""", await AskAsync("set_state", data));
        Assert.Equal(state, _store.Texts["default"]);
        Assert.Equal($$"""state {"version":1,"state":{{state}}}""", await AskAsync("get_state"));
        Assert.Equal([$$"""state_changed {"version":1,"state":{{state}}} session=default except=c1"""], _context.Pushes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"state\"")]
    [InlineData("{}")]
    [InlineData("""{"nested":{"state":1}}""")]
    [InlineData("""{"state":1,"state":2}""")]
    [InlineData("""{"state":1,"expected_version":1,"expected_version":2}""")]
    [InlineData("""{"state":1,"expected_version":-1}""")]
    [InlineData("""{"state":1,"expected_version":1.5}""")]
    [InlineData("""{"state":1,"expected_version":"1"}""")]
    [InlineData("""{"state":1,"expected_version":99999999999999999999}""")]
    [InlineData("""{"state":1,"expected_version":{}}""")]
    [InlineData("""{"\ud800ected_version":1,"state":1}""")]
    public async Task DataThatDoesNotFitIsRefused(string data)
    {
        Assert.StartsWith("!invalid_data", await AskAsync("set_state", data));
        Assert.Empty(_store.Texts);
        Assert.Empty(_context.Pushes);
    }

    [Fact]
    public async Task AStateMayNestAsDeepAsItsSizeAllows()
    {
        var plugin = new SessionPlugin();
        Started([], plugin);
        var state = new string('[', 20_000) + new string(']', 20_000);
        Assert.Equal("""state_set {"version":1}""", await AskAsync("set_state", $$"""{"state":{{state}}}""", plugin: plugin));
        Assert.Equal(state, _store.Texts["default"]);
    }

    [Fact]
    public async Task VersionsCountUpAndTheWrongOneConflicts()
    {
        Assert.Equal("""state_set {"version":1}""", await AskAsync("set_state", """{"state":1,"expected_version":0}"""));
        Assert.Equal("""state_set {"version":2}""", await AskAsync("set_state", """{"state":2,"expected_version":1}"""));
        Assert.Equal("""state_set {"version":3}""", await AskAsync("set_state", """{"state":3,"expected_version":null}"""));
        Assert.EndsWith("""{"version":3}""", await AskAsync("set_state", """{"state":4,"expected_version":2}"""));
        Assert.StartsWith("!conflict", await AskAsync("set_state", """{"state":4,"expected_version":0}"""));
        Assert.EndsWith("""{"version":0}""", await AskAsync("set_state", """{"state":4,"expected_version":1}""", session: "other"));
        Assert.Equal("3", Assert.Single(_store.Texts).Value);
        Assert.Equal(3, _context.Pushes.Count);
    }

    [Fact]
    public async Task OfTwoWritersWithOneVersionOneIsTold()
    {
        _store.Put("default", "1"u8.ToArray());
        _store.Before = call =>
        {
            if (call == "put") _store.Put("default", "2"u8.ToArray());
            return default;
        };
        Assert.Equal("""!conflict The session has another version. {"version":2}""", await AskAsync("set_state", """{"state":3,"expected_version":1}"""));
        Assert.Equal("2", _store.Texts["default"]);
    }

    [Fact]
    public async Task AStateOverTheLimitIsRefused()
    {
        Assert.Equal("""state_set {"version":1}""", await AskAsync("set_state", $$"""{"state":"{{new string('x', 18)}}"}"""));
        Assert.StartsWith("!state_too_big", await AskAsync("set_state", $$"""{"state":"{{new string('x', 19)}}"}"""));
    }

    [Fact]
    public async Task ClosingASessionMakesRoomForAnother()
    {
        await AskAsync("open", session: "a");
        await AskAsync("set_state", """{"state":1}""", session: "b");
        Assert.StartsWith("!too_many", await AskAsync("open", session: "c"));
        Assert.StartsWith("!too_many", await AskAsync("set_state", """{"state":1}""", session: "c"));
        Assert.StartsWith("!too_many", await AskAsync("set_state", """{"state":1,"expected_version":0}""", session: "c"));
        Assert.Equal("""state_set {"version":2}""", await AskAsync("set_state", """{"state":1}""", session: "b"));
        Assert.Equal("closed {}", await AskAsync("close", session: "a"));
        Assert.Equal("closed {}", await AskAsync("close", session: "a"));
        Assert.StartsWith("opened", await AskAsync("open", session: "c"));
        Assert.Equal(["b", "c"], _store.Texts.Keys);
    }

    [Fact]
    public async Task ListNamesEverySessionWithVersionAndTime()
    {
        Assert.Equal("""listed {"sessions":[]}""", await AskAsync("list"));
        _store.Put("a", "1"u8.ToArray());
        _store.Put("ü", "1"u8.ToArray());
        _store.Put("ü", "1"u8.ToArray());
        Assert.Equal("""listed {"sessions":[{"session_id":"a","version":1,"updated_at":"2026-01-02T03:04:05Z"},{"session_id":"\u00FC","version":2,"updated_at":"2026-01-02T03:04:05Z"}]}""", await AskAsync("list"));
    }

    [Fact]
    public async Task ASessionIdIsBoundedInBytesAndHasNoNul()
    {
        foreach (var id in new[] { "", "a\0b", new string('a', 257), new string('é', 129), "\ud800" })
        {
            Assert.StartsWith("!invalid_id", await AskAsync("open", session: id));
        }

        Assert.StartsWith("opened", await AskAsync("open", session: new string('é', 128)));
    }

    [Theory]
    [InlineData("open", "")]
    [InlineData("get_state", "")]
    [InlineData("set_state", """{"state":1}""")]
    [InlineData("list", "")]
    [InlineData("close", "")]
    public async Task AStoreThatCannotServeIsAnAnswerAndNoCrash(string topic, string data)
    {
        _store.Before = static _ => throw new StoreUnavailableException("the disk is full");
        Assert.Equal("!unavailable Sessions cannot be read or written now; try again later.", await AskAsync(topic, data));
    }

    [Fact]
    public async Task AWriteOfUnknownOutcomeIsAnsweredSo()
    {
        _store.Before = static _ => throw new StoreOutcomeUnknownException("the database was lost");
        Assert.StartsWith("!outcome_unknown", await AskAsync("set_state", """{"state":1,"expected_version":1}"""));
    }

    [Fact]
    public async Task AFencedInstanceDoesNotAnswer()
    {
        _store.Before = static _ => throw new StoreFencedException();
        await Assert.ThrowsAsync<StoreFencedException>(() => AskAsync("open"));
    }

    [Fact]
    public async Task AnUnknownTopicIsAnAnswer() => Assert.StartsWith("!unknown_topic", await AskAsync("resume"));

    private TestPluginContext Started(Dictionary<string, string> settings, IRelayPlugin plugin)
    {
        var context = new TestPluginContext(new PluginSettings("session", settings), _store);
        plugin.StartAsync(context, default).MustBeDone();
        return context;
    }

    private async Task<string> AskAsync(string topic, string data = "", string? session = null, SessionPlugin? plugin = null)
    {
        var message = new TestPluginMessage(topic, data, session);
        await ((IRelayPlugin)(plugin ?? _plugin)).HandleAsync(message, default);
        return message.Answer ?? "";
    }
}
