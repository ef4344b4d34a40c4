using Relay.Core;
using Relay.Gateway.Storage;
using Relay.Gateway.Storage.Sqlite;

namespace Relay.Tests.Gateway.Storage;

public sealed class StoreFileTests : IDisposable
{
    private static readonly PluginKey Plugin = new(new(new("default"), "ann"), "notes_");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ValuesOutliveTheProcessThatClosed()
    {
        await using (var first = _folder.Start())
            await first.Open(Plugin, 1).PutAsync("a", new byte[] { 1, 2 }, null, CancellationToken.None);

        await using var second = _folder.Start();

        var value = await second.Open(Plugin, 2).GetAsync("a", CancellationToken.None);
        Assert.Equal([1, 2], value!.Value.ToArray());
        Assert.Equal(1, value.Version);
    }

    [Fact]
    public async Task AnAcknowledgedWriteIsInTheFilesBeforeTheStoreCloses()
    {
        await using var store = _folder.Start();
        var handle = store.Open(Plugin, 1);
        for (var i = 1; i <= 20; i++)
        {
            await handle.PutAsync("a", new byte[i * 1000], null, CancellationToken.None);

            // What a kill at this moment would leave.
            using var left = new StoreFolder();
            Directory.CreateDirectory(Path.GetDirectoryName(left.Database)!);
            foreach (var file in (string[])["", "-wal"]) File.Copy(_folder.Database + file, left.Database + file);
            await using var replayed = left.Start();
            var value = await replayed.Open(Plugin, 1).GetAsync("a", CancellationToken.None);

            Assert.Equal((i, i * 1000), (value!.Version, value.Value.Length));
        }
    }

    [Fact]
    public async Task EveryCommitIsSyncedToTheDisk()
    {
        await using var store = _folder.Start();

        Assert.Equal(2L, await store.ScalarAsync("PRAGMA synchronous"));
        Assert.Equal("wal", await store.ScalarAsync("PRAGMA journal_mode"));
        Assert.Equal((long)SqliteDatabase.Version, await store.ScalarAsync("PRAGMA user_version"));
    }

    [Fact]
    public async Task TheDatabaseOfANewerVersionIsLeftAlone()
    {
        await using (_folder.Start()) { }
        _folder.Execute("PRAGMA user_version = 99");

        AssertRefused("newer");

        _folder.Execute($"PRAGMA user_version = {SqliteDatabase.Version}");
        await using var store = _folder.Start();
    }

    [Fact]
    public void TheDatabaseOfAnotherProgramIsLeftAlone()
    {
        _folder.Execute("CREATE TABLE theirs (x)");

        AssertRefused("another program");

        Assert.Equal([_folder.Database, _folder.Database + ".lock"], Directory.GetFiles(Path.GetDirectoryName(_folder.Database)!).Order());
    }

    [Fact]
    public void AFileThatIsNoDatabaseIsRefused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Database)!);
        File.WriteAllBytes(_folder.Database, Enumerable.Repeat((byte)'x', 8192).ToArray());

        AssertRefused("not a database");
    }

    [Fact]
    public void ADirectoryInItsPlaceIsRefused()
    {
        Directory.CreateDirectory(_folder.Database);

        AssertRefused("unable to open");
    }

    [Fact]
    public void AFileWhereTheDirectoryShouldBeIsRefused()
    {
        File.WriteAllText(Path.GetDirectoryName(_folder.Database)!, "");

        AssertRefused("cannot be opened");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a\0b")]
    public void APathThatNamesNoFileIsRefused(string path)
    {
        Assert.Throws<StoreStartException>(() => _folder.Start(change: options => options with { Path = path }));
    }

    [Fact]
    public async Task ASecondStoreOnTheSameFileIsRefused()
    {
        await using (_folder.Start()) AssertRefused("another process");

        await using var again = _folder.Start();
    }

    private void AssertRefused(string why)
    {
        var refused = Assert.Throws<StoreStartException>(() => _folder.Start());
        Assert.Contains(_folder.Database, refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
