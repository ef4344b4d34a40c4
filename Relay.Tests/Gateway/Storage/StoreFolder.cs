using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Gateway.Storage.Sqlite;

namespace Relay.Tests.Gateway.Storage;

/// <summary>A folder of its own for a store's files, removed at the end.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-store-");

    public string Database => Path.Combine(_folder.FullName, "data", "relay.db");

    public SqliteStore Start(
        TimeProvider? time = null, ILogger<SqliteStore>? logger = null, Func<SqliteStoreOptions, SqliteStoreOptions>? change = null)
    {
        var options = new SqliteStoreOptions(Database);
        return SqliteStore.Start(change?.Invoke(options) ?? options, time ?? new SettableTime(), logger ?? NullLogger<SqliteStore>.Instance);
    }

    /// <summary>What another program does to the file.</summary>
    public void Execute(string sql)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Database)!);
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
