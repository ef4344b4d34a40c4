using System.Text;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Plugins;

namespace Relay.Tests.Rules;

/// <summary>Ids, keys, prefixes, types, and the catalogue of errors.</summary>
public class NamesTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("a", true)]
    [InlineData("a/b:c|d%2F#\n", true)]
    [InlineData("a\0b", false)]
    [InlineData("😀", true)]
    public void AnIdIsAnyTextWithoutNul(string? id, bool valid)
    {
        Assert.Equal(valid, Ids.IsValid(id));
        if (id is null) return;
        if (valid) Assert.Equal(id, new UserKey(new(id), id).UserId);
        else Assert.Throws<ArgumentException>(() => new TenantId(id));
    }

    [Fact]
    public void HalfASurrogatePairIsNoId() => Assert.All((string[])["\ud800", "a\udc00"], id => Assert.False(Ids.IsValid(id)));

    [Fact]
    public void AnIdHasAtMost256BytesOfUtf8()
    {
        Assert.True(Ids.IsValid(new string('a', 256)));
        Assert.False(Ids.IsValid(new string('a', 257)));
        Assert.True(Ids.IsValid(new string('é', 128)));
        Assert.False(Ids.IsValid(new string('é', 129)));
        Assert.True(Ids.IsValid(string.Concat(Enumerable.Repeat("😀", 64))));
    }

    [Theory]
    [InlineData("alice", "Alice")]
    [InlineData("é", "e\u0301")]
    [InlineData("a/b", "a:b")]
    [InlineData("ß", "ss")]
    public void IdsThatLookAlikeAreDifferentKeys(string left, string right)
    {
        Assert.NotEqual(new UserKey(TenantId.Default, left), new UserKey(TenantId.Default, right));
        Assert.NotEqual(new UserKey(new(left), "u"), new UserKey(new(right), "u"));
    }

    [Fact]
    public void ASeparatorInAnIdMakesNoOtherKey() => Assert.NotEqual(new UserKey(new("a/b"), "c"), new UserKey(new("a"), "b/c"));

    [Theory]
    [InlineData("default", "alice")]
    [InlineData("a:b", "1:x")]
    [InlineData("12", ":")]
    [InlineData("😀", "e\u0301/é")]
    public void AKeyOfAUserComesBackFromItsString(string tenant, string user)
    {
        var key = new UserKey(new(tenant), user);
        Assert.Equal(key, UserKey.FromActorKey(key.ToActorKey()));
        Assert.Equal(key.Tenant, ActorKeys.TenantOf(key.ToActorKey()));
        var central = new CentralKey(key.Tenant, 3);
        Assert.Equal(central, CentralKey.FromActorKey(central.ToActorKey()));
        Assert.Equal(key.Tenant, ActorKeys.TenantOf(central.ToActorKey()));
    }

    [Fact]
    public void KeysThatLookAlikeHaveDifferentStrings() => Assert.NotEqual(new UserKey(new("a"), "bc").ToActorKey(), new UserKey(new("ab"), "c").ToActorKey());

    [Theory]
    [InlineData("")]
    [InlineData("alice")]
    [InlineData(":alice")]
    [InlineData("-1:alice")]
    [InlineData("6:alice")]
    public void WhatIsNoKeyOfAnActorIsRefused(string key) => Assert.Throws<FormatException>(() => ActorKeys.TenantOf(key));

    // Every process of a cluster has to look for a user in the same part, whatever its version.
    [Theory]
    [InlineData("alice", 4, 3)]
    [InlineData("bob", 4, 1)]
    [InlineData("é", 16, 2)]
    [InlineData("alice", 1, 0)]
    public void APartOfTheDirectoryIsFoundByTheUsersIdAlone(string user, int parts, int part)
    {
        Assert.Equal(part, CentralKey.Of(new(new("a"), user), parts).Shard);
        Assert.Equal(new CentralKey(new("b"), part), CentralKey.Of(new(new("b"), user), parts));
    }

    [Fact]
    public void UsersAreSpreadOverAllParts()
    {
        var counts = new int[8];
        for (var i = 0; i < 8000; i++) counts[CentralKey.Of(new(TenantId.Default, $"user-{i}"), 8).Shard]++;
        Assert.All(counts, static count => Assert.InRange(count, 800, 1200));
    }

    [Fact]
    public void EveryErrorHasACodeOfItsOwnAndACloseReasonThatKnowsIt()
    {
        var codes = Enum.GetValues<ErrorCode>().Select(ErrorCatalogue.Of).ToList();
        Assert.Equal(codes.Count, codes.Select(entry => entry.Code).Distinct().Count());
        Assert.All(codes, entry => Assert.Matches("^[a-z]+(_[a-z]+)*$", entry.Code));
        Assert.All(codes, entry => Assert.EndsWith(".", entry.Meaning));
        Assert.All(codes.Where(entry => entry.Closes is not null), entry => Assert.Equal(entry.Code, ErrorCatalogue.Of(entry.Closes!.Value).Name));
    }

    [Fact]
    public void EveryCloseReasonHasANameOfItsOwnAndACodeThatMayBeSent()
    {
        var reasons = Enum.GetValues<CloseReason>().Select(ErrorCatalogue.Of).ToList();
        Assert.Equal(reasons.Count, reasons.Select(entry => entry.Name).Distinct().Count());
        Assert.All(reasons, entry => Assert.True(entry.Code is 0 or 1000 or 1001 or 1002 or 1007 or 1009 or (>= 4000 and < 5000)));
        Assert.All(reasons, entry => Assert.True(Encoding.UTF8.GetByteCount(entry.Name) <= 123));
    }

    [Fact]
    public void TypeNamesGiveTheTextWhateverIsRemembered()
    {
        var names = new TypeNames();
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(70)).Select(_ => "ab_é\u007f\0"[random.Next(6)])]);
            Assert.Equal(text, names.Get(Encoding.UTF8.GetBytes(text)));
        }

        Assert.Same(names.Get("session_open"u8), names.Get("session_open"u8));
    }

    [Fact]
    public void ThePrefixTableFindsWhatASearchThroughAllPrefixesFinds()
    {
        var random = new Random(2);
        for (var round = 0; round < 300; round++)
        {
            var prefixes = Enumerable.Range(0, random.Next(1, 9)).Select(_ => Word(1, 4)).Distinct().ToList();
            var table = new PrefixTable(prefixes);
            for (var i = 0; i < 60; i++)
            {
                var type = Word(0, 6);
                var expected = prefixes.Where(prefix => type.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length);
                Assert.Equal(expected is null ? -1 : prefixes.IndexOf(expected), table.Find(Encoding.UTF8.GetBytes(type)));
            }
        }

        string Word(int least, int most) => new([.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => "ab_"[random.Next(3)])]);
    }

    [Fact]
    public void AnEmptyTableFindsNothingAndAPrefixStandsOnce()
    {
        Assert.Equal(-1, new PrefixTable([]).Find("a"u8));
        Assert.Throws<ArgumentException>(() => new PrefixTable(["a_", "b_", "a_"]));
        Assert.Throws<ArgumentException>(() => new PrefixTable([""]));
    }
}
