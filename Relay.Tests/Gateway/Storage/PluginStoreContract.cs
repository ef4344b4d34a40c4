using Relay.Core;

namespace Relay.Tests.Gateway.Storage;

/// <summary>Values, versions and keys: what every store must do.</summary>
public abstract class PluginStoreContract : StoreContract
{
    [StoreFact]
    public async Task WhatWasNeverWrittenIsNotThere()
    {
        var store = Open();

        Assert.Null(await Get(store, "a"));
        Assert.False(await Delete(store, "a"));
        Assert.Empty(await List(store));
    }

    [StoreFact]
    public async Task VersionsCountFromOneAndCarryTheTimeOfTheWrite()
    {
        var store = Open();
        var first = Now;
        Assert.Equal(new(true, 1), await Put(store, "a", [1]));
        Advance(TimeSpan.FromMilliseconds(1500));
        Assert.Equal(new(true, 2), await Put(store, "a", [2, 3]));
        Assert.Equal(new(true, 1), await Put(store, "b", [4]));

        var value = await Get(store, "a");

        Assert.Equal(2, value!.Version);
        Assert.Equal(first.AddMilliseconds(1500), value.UpdatedAt);
        Assert.Equal([2, 3], value.Value.ToArray());
        Assert.Equal([new("a", 2, Now), new("b", 1, Now)], await List(store));
    }

    [StoreTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    public async Task ValuesComeBackByteByByte(int size)
    {
        var store = Open();
        var bytes = new byte[size];
        new Random(7).NextBytes(bytes);

        await Put(store, "a", bytes);

        Assert.Equal(bytes, (await Get(store, "a"))!.Value.ToArray());
    }

    [StoreFact]
    public async Task ExpectedZeroCreatesAndNeverReplaces()
    {
        var store = Open();

        Assert.Equal(new(true, 1), await Put(store, "a", [1], 0));
        Assert.Equal(new(false, 1), await Put(store, "a", [2], 0));

        Assert.Equal([1], (await Get(store, "a"))!.Value.ToArray());
    }

    [StoreFact]
    public async Task AnotherVersionThanTheExpectedOneIsLeftAlone()
    {
        var store = Open();
        Assert.Equal(new(false, 0), await Put(store, "a", [1], 3));
        Assert.Null(await Get(store, "a"));
        await Put(store, "a", [1]);
        await Put(store, "a", [2]);

        Assert.Equal(new(false, 2), await Put(store, "a", [3], 1));
        Assert.Equal(new(false, 2), await Put(store, "a", [3], 3));
        Assert.Equal([2], (await Get(store, "a"))!.Value.ToArray());
        Assert.Equal(new(true, 3), await Put(store, "a", [3], 2));
    }

    [StoreFact]
    public async Task ARemovedValueStartsAgainAtOne()
    {
        var store = Open();
        await Put(store, "a", [1]);
        await Put(store, "a", [2]);

        Assert.True(await Delete(store, "a"));
        Assert.False(await Delete(store, "a"));
        Assert.Null(await Get(store, "a"));
        Assert.Equal(new(true, 1), await Put(store, "a", [3], 0));
    }

    [StoreFact]
    public async Task KeysAreListedInTheOrderOfTheirUtf8Bytes()
    {
        var store = Open();
        // The last two stand the other way round in UTF-16.
        string[] ordered = ["B", "a", "a\0", "a\0b", "aa", "e\u0301", "\u00e9", "\ufffd", "\U0001F600"];
        foreach (var key in ordered.Reverse()) await Put(store, key, [1]);

        Assert.Equal(ordered, (await List(store)).Select(key => key.Key));
    }

    [StoreFact]
    public async Task IdsThatOnlyLookAlikeAreDifferent()
    {
        PluginKey[] plugins =
        [
            Key("t", "ann", "notes_"), Key("T", "ann", "notes_"), Key("t", "Ann", "notes_"), Key("t", "ann", "Notes_"),
            Key("t", "\u00e9", "notes_"), Key("t", "e\u0301", "notes_"), Key("t/a", "b", "notes_"), Key("t", "a/b", "notes_"),
            Key("t", "ann ", "notes_"), Key("t", "ann", "notes_x"), Key("t", "annnotes_", "x"),
        ];
        for (byte i = 0; i < plugins.Length; i++) Assert.Equal(new(true, 1), await Put(Open(plugins[i]), "k", [i], 0));

        for (byte i = 0; i < plugins.Length; i++)
        {
            var store = Open(plugins[i]);
            Assert.Equal([i], (await Get(store, "k"))!.Value.ToArray());
            Assert.Single(await List(store));
        }
    }

    [StoreFact]
    public async Task KeysAreOneTo256BytesOfUtf8()
    {
        var store = Open();
        var longest = new string('\u00e9', 128);
        await Put(store, longest, [1]);

        Assert.Equal(longest, Assert.Single(await List(store)).Key);
        foreach (var bad in (string[])["", longest + "a", new string('a', 257), "\ud800"])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Get(store, bad));
            await Assert.ThrowsAsync<ArgumentException>(() => Put(store, bad, [1]));
            await Assert.ThrowsAsync<ArgumentException>(() => Delete(store, bad));
        }
    }

    [StoreFact]
    public async Task ANegativeVersionIsTheCallersMistake()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Put(Open(), "a", [1], -1));
    }

    [StoreFact]
    public async Task TheCallersBufferIsItsOwnAsSoonAsTheCallReturns()
    {
        var store = Open();
        var buffer = new byte[] { 1, 2, 3 };

        var put = store.PutAsync("a", buffer, null, CancellationToken.None);
        buffer.AsSpan().Clear();
        await put;

        Assert.Equal([1, 2, 3], (await Get(store, "a"))!.Value.ToArray());
    }

    [StoreFact]
    public async Task ACallThatIsCancelledBeforehandDoesNothing()
    {
        var store = Open();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutAsync("a", new byte[1], null, cancelled).AsTask());

        Assert.Null(await Get(store, "a"));
    }
}
