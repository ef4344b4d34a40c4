using Relay.Core.Errors;

namespace Relay.Tests.Repository;

/// <summary>docs/protocol.md says what the catalogue says, and nothing else.</summary>
public class ProtocolTests
{
    private static readonly string Page = SourceTree.Read("docs/protocol.md");

    [Fact]
    public void EveryErrorStandsInThePageWithItsMeaningAndItsClose()
    {
        var expected = Enum.GetValues<ErrorCode>().Select(ErrorCatalogue.Of).Select(entry =>
            $"| `{entry.Code}` | {entry.Meaning} | {Then(entry)} |");
        Assert.Equal(expected, Rows("## Errors"));
    }

    [Fact]
    public void EveryCloseStandsInThePageWithItsAdvice()
    {
        var expected = Enum.GetValues<CloseReason>().Select(ErrorCatalogue.Of).Select(entry =>
            $"| {(entry.Code == 0 ? "none" : entry.Code)} | `{entry.Name}` | {Advice(entry.Reconnect)} | {entry.Meaning} |");
        Assert.Equal(expected.Order(), Rows("## Closes").Order());
    }

    [Fact]
    public void EveryErrorOfTheShippedPluginsStandsInThePage()
    {
        foreach (var (prefix, folder) in new[] { ("session_", "Session"), ("ai_", "Ai"), ("echo_", "Echo") })
        {
            var codes = SourceTree.CSharp("Relay.Plugins").Where(file => file.Contains($"/{folder}/"))
                .SelectMany(file => System.Text.RegularExpressions.Regex.Matches(SourceTree.Read(file), "\\.Fail\\(\"([a-z_]+)\"").Select(match => match.Groups[1].Value)).Distinct();
            Assert.All(codes, code => Assert.Contains($"`{prefix}{code}`", Page));
        }
    }

    private static string Then(ErrorEntry entry)
    {
        if (entry.Closes is not { } reason) return "stays open";
        var close = $"close {ErrorCatalogue.Of(reason).Code}";
        return entry.ClosesWhenItPersists ? $"stays open; {close} when it persists" : close;
    }

    private static string Advice(Reconnect reconnect) => reconnect switch
    {
        Reconnect.Never => "never",
        Reconnect.AtOnce => "at once",
        Reconnect.Later => "later",
    };

    // The table under a heading, without its two head lines.
    private static IEnumerable<string> Rows(string heading) =>
        Page[Page.IndexOf(heading + "\n", StringComparison.Ordinal)..].Split('\n').SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')).Skip(2);
}
