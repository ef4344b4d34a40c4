using System.Text.RegularExpressions;

namespace Relay.Tests.Repository;

/// <summary>House rules that no analyzer keeps.</summary>
public partial class SourceTests
{
    [Fact]
    public void AFileHasOneSubjectAnd300LinesAtMost() =>
        Assert.DoesNotContain(SourceTree.CSharp().Select(file => (file, Lines: SourceTree.Read(file).Count(c => c == '\n'))), file => file.Lines > 300);

    [Fact]
    public void TheRulesHaveNoLocksNoClockAndNoAsyncVoid() => Assert.Empty(Found(ForbiddenInCore(), "Relay.Core", "Relay.Abstractions"));

    [Fact]
    public void NothingIsAsyncVoid() => Assert.Empty(Found(AsyncVoid(), "Relay.Core", "Relay.Abstractions", "Relay.Plugins", "Relay.Gateway", "Relay.Agent"));

    // A plugin that waits on the host's clock does not sleep: tests move that clock.
    [Fact]
    public void TestsDoNotSleep() => Assert.Empty(Found(Sleeps(), "Relay.Tests"));

    [Fact]
    public void TheSearchFindsWhatItLooksFor()
    {
        Assert.Matches(ForbiddenInCore(), "        lock (_gate)");
        Assert.Matches(ForbiddenInCore(), "var now = DateTime.UtcNow;");
        Assert.Matches(AsyncVoid(), "private async void Run()");
        Assert.Matches(Sleeps(), "await Task." + "Delay(1);");
        Assert.True(SourceTree.CSharp("Relay.Core").Count() > 30);
    }

    private static IEnumerable<string> Found(Regex forbidden, params string[] folders) =>
        from file in SourceTree.CSharp(folders)
        where !file.EndsWith("Repository/SourceTests.cs", StringComparison.Ordinal)
        from line in SourceTree.Read(file).Split('\n').Select((text, index) => (text, index))
        where !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal) && forbidden.IsMatch(line.text)
        select $"{file}:{line.index + 1}: {line.text.Trim()}";

    [GeneratedRegex(@"\block\s*\(|\basync void \w+\(|TimeProvider\.System\b|DateTime(Offset)?\.(Utc)?Now\b|\bStopwatch\b|Random\.Shared|Guid\.NewGuid")]
    private static partial Regex ForbiddenInCore();

    [GeneratedRegex(@"\basync void \w+\(")]
    private static partial Regex AsyncVoid();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay\((?!.*\.Time,)|SpinWait")]
    private static partial Regex Sleeps();
}
