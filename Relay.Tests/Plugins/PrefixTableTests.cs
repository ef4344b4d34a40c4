using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Core.Hubs;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins;

public sealed class PrefixTableTests
{
    [Theory]
    [InlineData("session_open", "session_")]
    [InlineData("session_", "session_")]
    [InlineData("session_admin_open", "session_admin_")]
    [InlineData("session_admin", "session_")]
    [InlineData("session", null)]
    [InlineData("sessionx_open", null)]
    [InlineData("", null)]
    [InlineData("zzz", null)]
    [InlineData("a_b_c_d", "a_b_c_")]
    [InlineData("Session_open", null)]
    [InlineData("ü_x", "ü_")]
    public void TheLongestPrefixWins(string type, string? expected)
    {
        string[] prefixes = ["ü_", "session_", "a_b_c_", "a_", "session_admin_", "a_b_"];
        var index = new PrefixTable(prefixes).Find(Encoding.UTF8.GetBytes(type));
        Assert.Equal(expected, index < 0 ? null : prefixes[index]);
    }

    [Fact]
    public void ItFindsWhatANaiveSearchFinds()
    {
        // Three letters make prefixes of one another likely.
        var text = Gen.Elements('a', 'b', '_').ListOf().Select(letters => new string([.. letters]));
        var cases = text.ListOf().Select(texts => texts.Select(prefix => prefix + "_").Distinct(StringComparer.Ordinal).ToArray()).Zip(text).ToArbitrary();
        Prop.ForAll(cases, one => Naive(one.Item1, one.Item2) == new PrefixTable(one.Item1).Find(Encoding.UTF8.GetBytes(one.Item2)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void HundredsOfPrefixesAreFoundByTheirOwnTypes()
    {
        string[] prefixes = [.. Enumerable.Range(0, 500).Select(i => $"plugin_{i}_")];
        var table = new PrefixTable(prefixes);
        for (var i = 0; i < prefixes.Length; i++) Assert.Equal(i, table.Find(Encoding.UTF8.GetBytes(prefixes[i] + "topic")));
    }

    [Fact]
    public void ASearchAllocatesNothing()
    {
        var table = new PrefixTable(["a_", "a_b_", "session_"]);
        Assert.Equal(0, Allocations.Of(() => table.Find("a_b_c"u8)));
    }

    [Fact]
    public void AnEmptyTableFindsNothing() => Assert.Equal(-1, new PrefixTable([]).Find("a_"u8));

    [Theory]
    [InlineData("a_", "b_", "a_")]
    [InlineData("a_", "")]
    public void APrefixIsNeitherEmptyNorThereTwice(params string[] prefixes) => Assert.Throws<ArgumentException>(() => new PrefixTable(prefixes));

    private static int Naive(string[] prefixes, string type)
    {
        var best = -1;
        for (var i = 0; i < prefixes.Length; i++)
        {
            if (type.StartsWith(prefixes[i], StringComparison.Ordinal) && (best < 0 || prefixes[i].Length > prefixes[best].Length)) best = i;
        }

        return best;
    }
}
