using Npgsql;
using NpgsqlTypes;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>
/// The statements. $1 to $3 say whose values, $4 is the key; the first column of every answer is the incarnation that owns the
/// values, and what follows counts only if it is the handle's own.
/// </summary>
/// <remarks>
/// A claim goes before every write: it locks the owner's row until the commit, whatever it finds. So writes to the values of a
/// plugin happen one after the other across all processes, each statement sees the state that it changes, and an incarnation
/// that is lower than the owner's changes nothing. A handle that has claimed reads without a lock: as long as it finds itself
/// the owner, nobody has come after it.
/// </remarks>
internal static class PostgresStatements
{
    public const string Put = $"""
        WITH owner AS (SELECT incarnation FROM relay.plugin_owners WHERE {Whose}),
             old AS (SELECT version FROM relay.plugin_values WHERE {Whose} AND key = $4),
             done AS (
                 INSERT INTO relay.plugin_values (tenant, user_id, prefix, key, version, updated_at, value)
                 SELECT $1, $2, $3, $4, coalesce((SELECT version FROM old), 0) + 1, $7, $8
                 WHERE (SELECT incarnation FROM owner) = $5 AND ($6 IS NULL OR $6 = coalesce((SELECT version FROM old), 0))
                 ON CONFLICT (tenant, user_id, prefix, key) DO UPDATE
                 SET version = excluded.version, updated_at = excluded.updated_at, value = excluded.value
                 RETURNING version)
        SELECT (SELECT incarnation FROM owner), (SELECT version FROM done), (SELECT version FROM old)
        """;

    public const string Delete = $"""
        WITH owner AS (SELECT incarnation FROM relay.plugin_owners WHERE {Whose}),
             done AS (
                 DELETE FROM relay.plugin_values
                 WHERE {Whose} AND key = $4 AND (SELECT incarnation FROM owner) = $5
                 RETURNING 1)
        SELECT (SELECT incarnation FROM owner), EXISTS (SELECT FROM done)
        """;

    public const string Get = """
        SELECT o.incarnation, v.version, v.updated_at, v.value
        FROM relay.plugin_owners o
        LEFT JOIN relay.plugin_values v ON (v.tenant, v.user_id, v.prefix, v.key) = (o.tenant, o.user_id, o.prefix, $4)
        WHERE o.tenant = $1 AND o.user_id = $2 AND o.prefix = $3
        """;

    public const string List = """
        SELECT o.incarnation, v.key, v.version, v.updated_at
        FROM relay.plugin_owners o
        LEFT JOIN relay.plugin_values v ON (v.tenant, v.user_id, v.prefix) = (o.tenant, o.user_id, o.prefix)
        WHERE o.tenant = $1 AND o.user_id = $2 AND o.prefix = $3
        ORDER BY v.key
        """;

    // The innermost query depends on the row, so that it is asked again after a wait for the row's lock.
    public const string Clock = """
        UPDATE relay.clock c SET (ahead, last) = (
            SELECT greatest(c.ahead, c.last + 1 - now), now + greatest(c.ahead, c.last + 1 - now)
            FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0 * c.last AS now OFFSET 0) AS wall)
        RETURNING last
        """;

    private const string Whose = "tenant = $1 AND user_id = $2 AND prefix = $3";

    private const string ClaimText = """
        INSERT INTO relay.plugin_owners AS o (tenant, user_id, prefix, incarnation) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, user_id, prefix) DO UPDATE SET incarnation = excluded.incarnation WHERE o.incarnation < excluded.incarnation
        """;

    /// <summary>Makes the handle the owner, unless a later one is; locks the owner's row in any case.</summary>
    public static NpgsqlBatchCommand Claim(FencedPluginStore store) => Of(ClaimText, store.Scope, Number(store.Incarnation));

    public static NpgsqlBatchCommand Of(string text, StoreScope scope, params ReadOnlySpan<NpgsqlParameter> rest)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var id in (ReadOnlySpan<byte[]>)[scope.Tenant, scope.UserId, scope.Prefix]) command.Parameters.Add(Bytes(id));
        foreach (var parameter in rest) command.Parameters.Add(parameter);
        return command;
    }

    public static NpgsqlParameter Bytes(byte[] value) => new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    public static NpgsqlParameter Number(long? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Time(DateTimeOffset value) => new NpgsqlParameter<DateTime> { TypedValue = value.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
