using System.Text.Json.Serialization;
using Relay.Abstractions;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

public sealed partial class RelayPluginTests
{
    [Theory]
    [InlineData("void", "void")]
    [InlineData("void_token", "void_token")]
    [InlineData("task", "task")]
    [InlineData("task_token", "task_token")]
    [InlineData("value", "value")]
    [InlineData("value_token", "value_token")]
    [InlineData("also", "value_token")]
    [InlineData("inherited", "inherited")]
    [InlineData("overridden", "overriding")]
    public void EverySignatureIsCalled(string topic, string answer) => Assert.Equal(answer, Ask(new AllShapes(), topic, ""));

    [Theory]
    [InlineData("t_void")]
    [InlineData("t_void_token")]
    [InlineData("t_task")]
    [InlineData("t_task_token")]
    [InlineData("t_value")]
    [InlineData("t_value_token")]
    public void EverySignatureWithDataIsCalled(string topic) => Assert.Equal($"{topic} 7", Ask(new AllShapes(), topic, """{"count":7}"""));

    [Fact]
    public void TheTokenOfTheInstanceReachesTheHandler()
    {
        using var stop = new CancellationTokenSource();
        var plugin = new AllShapes();
        ((IRelayPlugin)plugin).HandleAsync(new TestPluginMessage("t_value_token", """{"count":1}"""), stop.Token).MustBeDone();
        Assert.Equal(stop.Token, plugin.Token);
    }

    [Theory]
    [InlineData("""{"count":"secret"}""", "$.count")]
    [InlineData("""{"count":1,"tags":{"a":["secret"]}}""", "$.tags.a[0]")]
    [InlineData("""{}""", "$")]
    [InlineData("""["secret"]""", "$")]
    [InlineData("""{"count":99999999999}""", "$.count")]
    public void DataThatDoesNotFitIsAnsweredWithItsPath(string data, string path) =>
        Assert.Equal($"!invalid_data The data does not fit at {path}.", Ask(new AllShapes(), "t_void", data));

    [Fact]
    public void APathThatTheClientMakesLongIsCut()
    {
        var answer = Ask(new AllShapes(), "t_void", $$$"""{"count":1,"tags":{"{{{new string('k', 5000)}}}":7}}""");
        Assert.StartsWith("!invalid_data The data does not fit at $.tags.kkk", answer);
        Assert.InRange(answer!.Length, 200, 300);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"count":1}""")]
    [InlineData("""{"count":1,"tags":{"\ud800":[]}}""")]
    [InlineData("""{"count":1,"name":"\ud800"}""")]
    public void HalfASurrogatePairIsNoCrash(string data) => Assert.StartsWith("!invalid_data", Ask(new AllShapes(), "t_void", data));

    [Theory]
    [InlineData("""{"sides":3}""", "!invalid_data The data does not fit at $.")]
    [InlineData("""{"kind":"cube"}""", "!invalid_data The data does not fit at $.")]
    [InlineData("""{"kind":"circle"}""", "circle")]
    public void AMissingOrUnknownKindOfPolymorphicDataIsNoCrash(string data, string answer) => Assert.Equal(answer, Ask(new AllShapes(), "shape", data));

    [Theory]
    [InlineData("t_void", "")]
    [InlineData("t_void", "null")]
    [InlineData("number", "")]
    public void MissingDataDoesNotReachAHandlerThatNeedsIt(string topic, string data) =>
        Assert.Equal("!invalid_data This message needs data.", Ask(new AllShapes(), topic, data));

    [Theory]
    [InlineData("maybe", "", "nothing")]
    [InlineData("maybe", "null", "nothing")]
    [InlineData("maybe", """{"count":1}""", "something")]
    [InlineData("maybe_number", "", "nothing")]
    [InlineData("maybe_number", "0", "something")]
    [InlineData("number", "0", "something")]
    public void ANullableParameterTakesMissingData(string topic, string data, string answer) => Assert.Equal(answer, Ask(new AllShapes(), topic, data));

    [Fact]
    public void ATopicWithoutHandlerIsAnsweredUnlessTheAuthorTakesIt()
    {
        Assert.Equal("!unknown_topic This plugin has no such topic.", Ask(new AllShapes(), "Void", ""));
        Assert.Equal("switched", Ask(new Switch(), "anything", ""));
    }

    [Fact]
    public void AnExceptionOfAHandlerComesThroughAsItIs() =>
        Assert.Throws<InvalidTimeZoneException>(() => Ask(new AllShapes(), "throws", """{"count":1}"""));

    [Fact]
    public void TheDispatchOfAnUntypedHandlerAllocatesNothing()
    {
        IRelayPlugin plugin = new AllShapes();
        foreach (var topic in new[] { "quiet", "quiet_token", "quiet_value" })
        {
            var message = new SilentMessage(topic);
            Assert.Equal(0, Allocations.Of(() => plugin.HandleAsync(message, default).MustBeDone()));
        }
    }

    [Fact]
    public void LifecycleReachesTheAuthorsOverridesAndTheContextIsThereFromStartOn()
    {
        var author = new Switch();
        IRelayPlugin plugin = author;
        Assert.Throws<InvalidOperationException>(() => author.Prefix);
        plugin.StartAsync(new TestPluginContext(), default).MustBeDone();
        plugin.ResumeAsync(default).MustBeDone();
        plugin.ShutdownAsync(default).MustBeDone();
        plugin.StopAsync(default).MustBeDone();
        Assert.Equal(["start test_", "resume", "shutdown", "stop"], author.Seen);
    }

    private static string? Ask(IRelayPlugin plugin, string topic, string data)
    {
        var message = new TestPluginMessage(topic, data);
        plugin.HandleAsync(message, default).MustBeDone();
        return message.Answer;
    }

    internal sealed record Count(
        [property: JsonPropertyName("count"), JsonRequired] int Value,
        [property: JsonPropertyName("tags")] Dictionary<string, int[]>? Tags = null,
        [property: JsonPropertyName("name")] string? Name = null);

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"), JsonDerivedType(typeof(Circle), "circle")]
    internal abstract record Shape;

    internal sealed record Circle : Shape;

    [JsonSerializable(typeof(Count)), JsonSerializable(typeof(Shape)), JsonSerializable(typeof(int)), JsonSerializable(typeof(int?))]
    internal sealed partial class ShapesJson : JsonSerializerContext;

    private sealed class Switch : RelayPlugin
    {
        public List<string> Seen { get; } = [];

        public string Prefix => Context.Prefix;

        protected override ValueTask OnMessageAsync(PluginMessage message, CancellationToken cancellation)
        {
            message.Reply("switched");
            return default;
        }

        protected override ValueTask OnStartAsync(CancellationToken cancellation) => Note($"start {Context.Prefix}");

        protected override ValueTask OnResumeAsync(CancellationToken cancellation) => Note("resume");

        protected override ValueTask OnShutdownAsync(CancellationToken cancellation) => Note("shutdown");

        protected override ValueTask OnStopAsync(CancellationToken cancellation) => Note("stop");

        private ValueTask Note(string what)
        {
            Seen.Add(what);
            return default;
        }
    }
}
