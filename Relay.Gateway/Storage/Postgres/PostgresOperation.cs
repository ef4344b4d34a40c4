using Npgsql;
using Relay.Abstractions;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>One unit of work for a connection. Nothing in it is committed twice: a write is sent again only after the server has said that it was undone.</summary>
/// <param name="bytes">The size of the value it carries.</param>
/// <param name="submittedAt">When it was asked for, as <see cref="TimeProvider.GetTimestamp"/> says it.</param>
internal abstract class PostgresOperation(int bytes, long submittedAt) : StoreOperation(bytes)
{
    public long SubmittedAt => submittedAt;

    /// <summary>The handle that asked, if it was one.</summary>
    public virtual PostgresPluginStore? Store => null;

    public abstract bool Writes { get; }

    /// <summary>Whether the caller has been told an outcome.</summary>
    public bool IsDone { get; private set; }

    public abstract NpgsqlBatchCommand Command();

    /// <summary>Keeps the outcome, which counts once the transaction is committed.</summary>
    public abstract void Read(NpgsqlDataReader reader);

    public void Complete()
    {
        IsDone = true;
        Tell();
    }

    public sealed override void Fail(Exception failure)
    {
        IsDone = true;
        Tell(failure);
    }

    protected abstract void Tell();

    protected abstract void Tell(Exception failure);
}

/// <summary>What a handle asks for.</summary>
internal sealed class PostgresOperation<T>(
    PostgresPluginStore store, bool writes, Func<NpgsqlBatchCommand> command, Func<NpgsqlDataReader, T> read, int bytes, long submittedAt)
    : PostgresOperation(bytes, submittedAt)
{
    private readonly StoreOutcome<T> _outcome = new();
    private T _result = default!;
    private Exception? _failure;

    public Task<T> Done => _outcome.Task;

    public override PostgresPluginStore Store => store;

    public override bool Writes => writes;

    public override NpgsqlBatchCommand Command() => command();

    public override void Read(NpgsqlDataReader reader)
    {
        _failure = null;
        long? owner = reader.Read() && !reader.IsDBNull(0) ? reader.GetInt64(0) : null;
        if (owner == store.Incarnation)
        {
            _result = read(reader);
        }
        else if (owner > store.Incarnation)
        {
            store.Superseded(owner.Value);
            _failure = new StoreFencedException();
        }
        else
        {
            // The database was put back to an earlier state.
            store.IsClaimed = false;
            _failure = new StoreUnavailableException("The database has forgotten who owns the values; ask again.");
        }
    }

    protected override void Tell()
    {
        if (_failure is not null) _outcome.Fail(_failure);
        else _outcome.Succeed(_result);
    }

    protected override void Tell(Exception failure) => _outcome.Fail(failure);
}
