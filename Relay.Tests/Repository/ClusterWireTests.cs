namespace Relay.Tests.Repository;

/// <summary>
/// Two builds run side by side while a cluster is upgraded (docs/decisions/0012-upgrades.md): what is in Relay.Grains/Wire/wire.txt another build relies on.
/// </summary>
public sealed class ClusterWireTests
{
    private const string Manifest = "Relay.Grains/Wire/wire.txt";

    private const string Source = """
        internal enum Kind { A, B = 4, C }
        [GenerateSerializer, Immutable, Alias("relay.Thing")]
        internal readonly record struct Thing([property: Id(0)] Kind Kind, [property: Id(1)] string? Text, [property: Id(2)] int? Number);
        [GenerateSerializer, Alias("relay.Box")]
        internal sealed record Box([property: Id(0)] Thing[] Things, [property: Id(3)] (string, Thing?)[][]? More);
        [Alias("relay.IDoer")]
        internal interface IDoer : IGrainWithStringKey
        {
            [AlwaysInterleave, Alias("Do")]
            Task<Box?> DoIt([Immutable] byte[] bytes, Thing thing);
        }
        internal sealed class DoerGrain(int number) : Grain, IDoer, IDisposable { }
        """;

    [Fact]
    public void NothingThatAnotherBuildReliesOnHasChanged()
    {
        var gone = Known().Except(ClusterWire.Read()).ToList();
        Assert.True(gone.Count == 0, $"""
            While a cluster is upgraded, builds of before talk to this one and rely on what is not so any more:

            {string.Join('\n', gone)}

            Leave it as it was and add something beside it: a field with the next Id, that may be missing; an enum's member at the end; a method with an alias of its
            own. docs/decisions/0012-upgrades.md says how. Only what no release has had may leave {Manifest}.
            """);
    }

    [Fact]
    public void WhatIsNewIsWrittenDown()
    {
        var added = ClusterWire.Read().Except(Known()).ToList();
        Assert.True(added.Count == 0, $"""
            From the next release on builds rely on this. Add the lines to {Manifest}, in order, when this build goes on without what a build of before does not
            send, and one of before without what it does not know (docs/decisions/0012-upgrades.md):

            {string.Join('\n', added)}
            """);
    }

    [Fact]
    public void TheListIsInOrder()
    {
        Assert.Equal(Known().Order(StringComparer.Ordinal), Known());
        Assert.Equal(Known().Distinct(), Known());
    }

    [Fact]
    public void EveryKindOfChangeIsSeen()
    {
        var lines = ClusterWire.Read([Source]);
        Assert.Equal(
            [
                "call relay.IDoer.Do(byte[], relay.Thing) Task<relay.Box>",
                "field relay.Box 0 relay.Thing[]",
                "field relay.Box 3 (string, relay.Thing?)[][]",
                "field relay.Thing 0 Kind",
                "field relay.Thing 1 string",
                "field relay.Thing 2 int?",
                "host DoerGrain Grain relay.IDoer",
                "number Kind 0 A",
                "number Kind 4 B",
                "number Kind 5 C",
            ],
            lines);
        (string Before, string After)[] changes =
        [
            ("Id(3)", "Id(1)"), ("int? Number", "long? Number"), ("A, B", "B"), ("relay.Box", "relay.Case"), ("Alias(\"Do\")", "Alias(\"DoIt\")"),
            ("byte[] bytes, Thing thing", "Thing thing, byte[] bytes"), ("DoerGrain", "MakerGrain"), ("int? Number", "int Number"),
        ];
        Assert.All(changes, change => Assert.NotEmpty(lines.Except(ClusterWire.Read([Source.Replace(change.Before, change.After, StringComparison.Ordinal)]))));
        Assert.Throws<InvalidOperationException>(() => ClusterWire.Read([Source.Replace(", Alias(\"relay.Box\")", "", StringComparison.Ordinal)]));
    }

    private static string[] Known() => [.. SourceTree.Read(Manifest).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
