using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Storage.Sqlite;

namespace Relay.Tests.Gateway.Storage;

/// <summary>Work of a test's own on the writer's thread, through its ordinary queue.</summary>
internal static class StoreProbe
{
    /// <summary>Keeps the writer busy, so that what is queued meanwhile becomes one batch.</summary>
    /// <returns>Ends the hold, when the writer has come to it.</returns>
    public static async Task<Action> HoldAsync(this SqliteStore store)
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new ManualResetEventSlim();
        _ = store.Writer.Submit(new SqliteOperation<bool>(_ =>
        {
            held.TrySetResult();
            return release.Wait(TimeSpan.FromSeconds(30));
        }), CancellationToken.None).AsTask();
        await held.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return release.Set;
    }

    /// <summary>Reads a value of the writer's connection, such as a pragma.</summary>
    public static Task<object?> ScalarAsync(this SqliteStore store, string sql) =>
        store.Writer.Submit(new SqliteOperation<object?>(session => Scalar(session.Connection, sql)), CancellationToken.None)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}

/// <summary>Keeps the ids of what was logged.</summary>
internal sealed class EventIds<T> : ILogger<T>
{
    private readonly List<int> _ids = [];
    private readonly List<(int Id, TaskCompletionSource Seen)> _awaited = [];

    /// <summary>Everything that was logged, as an operator reads it.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Ends with the next line of this id.</summary>
    public Task Next(int id)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_ids) _awaited.Add((id, seen));
        return seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public int[] Of(params int[] ids)
    {
        lock (_ids) return [.. _ids.Where(ids.Contains)];
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_ids)
        {
            _ids.Add(eventId.Id);
            Text += formatter(state, exception) + exception + "\n";
            foreach (var awaited in _awaited.FindAll(each => each.Id == eventId.Id)) awaited.Seen.TrySetResult();
        }
    }
}
