using System.Net.Sockets;
using Npgsql;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>What the driver's exceptions mean to the store.</summary>
internal static class PostgresFailure
{
    /// <summary>What opening and using a connection throws when the server, or the way to it, is at fault.</summary>
    public static bool IsOfConnection(Exception failure) => failure is NpgsqlException or TimeoutException or SocketException or IOException;

    /// <summary>One line for the operator, with no name and no value in it.</summary>
    public static string Reason(Exception failure) => failure switch
    {
        // The server's own words name the user.
        PostgresException { SqlState: var state } when state.StartsWith("28", StringComparison.Ordinal) =>
            $"the server refused the user name or the password ({state})",
        PostgresException refused => $"{OneLine(refused.MessageText)} ({refused.SqlState})",
        { InnerException: { } inner } when inner.Message != failure.Message => $"{OneLine(failure.Message)}: {OneLine(inner.Message)}",
        _ => OneLine(failure.Message),
    };

    /// <summary>
    /// Whether a refusal says nothing about the database's health: the data (22), a constraint (23), a conflict between
    /// transactions (40), a limit of the program (54), a lock that somebody else held too long (55P03).
    /// </summary>
    public static bool IsOfStatement(PostgresException refused) => refused.SqlState is "55P03" || refused.SqlState[..2] is "22" or "23" or "40" or "54";

    /// <summary>
    /// Whether another connection may do better: this one leads to a standby (25006), or its prepared statements are of an older schema (0A000).
    /// </summary>
    public static bool IsOfSession(PostgresException refused) => refused.SqlState is "25006" or "0A000" or "26000";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
