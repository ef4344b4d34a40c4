using Countdown;
using Dice;
using Notes;
using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

/// <summary>What docs/plugins.md shows compiles, registers and does what it says.</summary>
public sealed class PluginDocsTests
{
    [Fact]
    public void ThePageShowsTheExamplesAsTheyAreCompiled()
    {
        var page = File.ReadAllText(RepositoryFile("docs/plugins.md"));
        // The one with a grain is compiled where Orleans' packages are.
        string[] examples = [.. Directory.GetFiles(RepositoryFile("Relay.Tests/Plugins/Docs"), "*.cs"), .. Directory.GetFiles(RepositoryFile("samples/Tally"), "*.cs")];
        Assert.Equal(5, examples.Length);
        Assert.All(examples, example => Assert.Contains($"```csharp\n{File.ReadAllText(example)}```\n", page));
    }

    [Fact]
    public void TheExamplesRegister()
    {
        var faults = new List<string>();
        var registry = PluginRegistry.Build([new(typeof(NotesPlugin)), new(typeof(DicePlugin)), new(typeof(CountdownPlugin))], _ => PluginSettings.None, faults);
        Assert.Empty(faults);
        Assert.Equal(["countdown_", "dice_", "notes_"], registry.Plugins.Select(plugin => plugin.Prefix));
    }

    [Fact]
    public async Task NotesAreSavedAndLoaded()
    {
        var context = new TestPluginContext(new PluginSettings("notes", new Dictionary<string, string> { ["max_length"] = "5" }));
        IRelayPlugin plugin = new NotesPlugin();
        await plugin.StartAsync(context, default);
        Assert.Equal("!not_found There is no such note.", await AskAsync(plugin, "load"));
        Assert.Equal("""saved {"version":1,"text":null}""", await AskAsync(plugin, "save", """{"text":"milk","expected_version":0}"""));
        Assert.Equal("""saved {"version":2,"text":null}""", await AskAsync(plugin, "save", """{"text":"eggs"}"""));
        Assert.Equal("""!conflict The note was changed meanwhile. {"version":2,"text":null}""", await AskAsync(plugin, "save", """{"text":"tea","expected_version":1}"""));
        Assert.Equal("""loaded {"version":2,"text":"eggs"}""", await AskAsync(plugin, "load"));
        Assert.Equal("""loaded {"version":2,"text":null}""", await AskAsync(plugin, "load", """{"with_text":false}"""));
        Assert.StartsWith("!too_long", await AskAsync(plugin, "save", """{"text":"butter"}"""));
        Assert.Equal("!invalid_data The data does not fit at $.text.", await AskAsync(plugin, "save", """{"text":null}"""));
        Assert.Equal("!invalid_data This message needs data.", await AskAsync(plugin, "save"));
        Assert.Equal(["""changed {"version":1,"text":null} session=default except=c1""", """changed {"version":2,"text":null} session=default except=c1"""], context.Pushes);
    }

    [Fact]
    public async Task DiceRollFromOneToSix()
    {
        var plugin = new DicePlugin(new Random(1));
        for (var i = 0; i < 50; i++) Assert.Matches("^rolled [1-6]$", await AskAsync(plugin, "roll"));
        Assert.StartsWith("!unknown_topic", await AskAsync(plugin, "throw"));
    }

    [Fact]
    public async Task ACountdownThatNobodyWaitsForEnds()
    {
        var message = new TestPluginMessage("start") { Stream = new EndedStream() };
        await ((IRelayPlugin)new CountdownPlugin()).HandleAsync(message, default);
        Assert.Null(message.Answer);
    }

    private static async Task<string> AskAsync(IRelayPlugin plugin, string topic, string data = "")
    {
        var message = new TestPluginMessage(topic, data);
        await plugin.HandleAsync(message, default);
        return message.Answer ?? "";
    }

    private static string RepositoryFile(string name)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Relay.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The tests run outside of the repository.");
        return Path.Combine(folder, name);
    }

    private sealed class EndedStream : PluginStream
    {
        public override CancellationToken Cancelled => new(true);

        public override ValueTask<bool> WriteAsync(string topic, ReadOnlyMemory<byte> data = default) => new(false);

        public override bool End(string topic, ReadOnlySpan<byte> data = default) => throw new InvalidOperationException("The request is over.");

        public override bool Fail(string code, string message, ReadOnlySpan<byte> data = default) => throw new InvalidOperationException("The request is over.");

        public override void KeepAlive() => throw new InvalidOperationException("The request is over.");
    }
}
