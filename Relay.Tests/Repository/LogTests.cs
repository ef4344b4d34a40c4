using System.Globalization;
using System.Text.RegularExpressions;

namespace Relay.Tests.Repository;

/// <summary>Every line that the relay logs has a number of its own, in the range of its area.</summary>
public partial class LogTests
{
    // The longest path that fits counts.
    private static readonly (string Folder, int[] Thousands)[] Areas =
    [
        ("Relay.Gateway/", [1]),
        ("Relay.Gateway/Nodes/", [8]),
        ("Relay.Gateway/Tunnel/", [9]),
        ("Relay.Core/", [2, 3]),
        ("Relay.Plugins/", [3]),
        ("Relay.Grains/", [4, 6, 7, 8]),
        ("Relay.Silo/", [5]),
        ("Relay.Agent/", [10]),
    ];

    [Fact]
    public void NoNumberIsUsedTwice()
    {
        var events = Events().ToList();
        Assert.True(events.Count > 100, "The search finds nothing.");
        Assert.Empty(events.GroupBy(static one => one.Id).Where(static same => same.Count() > 1).Select(static same => $"{same.Key}: {string.Join(", ", same.Select(static one => one.File))}"));
    }

    [Fact]
    public void EachNumberIsInTheRangeOfItsArea() => Assert.Empty(
        from one in Events()
        let area = Areas.Where(area => one.File.StartsWith(area.Folder, StringComparison.Ordinal)).MaxBy(static area => area.Folder.Length)
        where area.Thousands?.Contains(one.Id / 1000) != true
        select $"{one.File}: {one.Id}");

    // A line without a number, or with a text that is put together, cannot be looked for.
    [Fact]
    public void EveryLineIsSourceGenerated() => Assert.Empty(
        from file in Product()
        from line in SourceTree.Read(file).Split('\n').Select(static (text, index) => (text, index))
        where ByHand().IsMatch(line.text)
        select $"{file}:{line.index + 1}: {line.text.Trim()}");

    // What is logged of a message is who sent it and what became of it. A parameter of such a name would be what it says.
    [Fact]
    public void NoLineTakesAPayloadOrAToken() => Assert.Empty(
        from file in Product()
        from Match found in Declaration().Matches(SourceTree.Read(file))
        where Private().IsMatch(found.Groups["rest"].Value)
        select $"{file}: {found.Value}");

    // Whoever looks for a line that the docs quote looks for its level, too.
    [Fact]
    public void TheDocsQuoteLinesAtTheirLevels()
    {
        var levels = (from file in Product()
                      from Match found in Level().Matches(SourceTree.Read(file))
                      select (Id: found.Groups["id"].Value, Level: found.Groups["level"].Value)).ToDictionary(static one => one.Id, static one => one.Level);
        var quotes = Quoted().Matches(SourceTree.Read("docs/operations.md"));
        Assert.True(quotes.Count > 5, "The search finds nothing.");
        Assert.Empty(
            from Match quote in quotes
            let level = levels[quote.Groups["id"].Value]
            where !level.StartsWith(quote.Groups["level"].Value, StringComparison.OrdinalIgnoreCase)
            select $"{quote.Value}: {level}");
    }

    private static IEnumerable<string> Product() => SourceTree.CSharp([.. Areas.Select(static area => area.Folder.Split('/')[0]).Distinct()]);

    private static IEnumerable<(string File, int Id)> Events() =>
        from file in Product()
        from Match found in Declaration().Matches(SourceTree.Read(file))
        select (file, int.Parse(found.Groups["id"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\[LoggerMessage\((?<id>\d+),(?<rest>[^;]*);", RegexOptions.Singleline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\[LoggerMessage\((?<id>\d+), LogLevel\.(?<level>\w+),")]
    private static partial Regex Level();

    [GeneratedRegex(@"(?<level>\w+): \S+\[(?<id>\d{4,5})\]")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex ByHand();

    [GeneratedRegex(@"\b(payload|body|token|secret|password|authorization|data|frame)\b[,)]", RegexOptions.IgnoreCase)]
    private static partial Regex Private();
}
