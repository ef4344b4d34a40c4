namespace Relay.Gateway.Storage.Sqlite;

/// <summary>Where the SQLite store lives.</summary>
/// <param name="Path">The database's file. It is made with its directory when it is missing.</param>
internal sealed record SqliteStoreOptions(string Path) : StoreOptions;
