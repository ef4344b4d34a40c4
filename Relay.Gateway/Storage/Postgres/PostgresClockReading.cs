using Npgsql;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>One look at the database's clock.</summary>
internal sealed class PostgresClockReading(PostgresIncarnations incarnations, TimeProvider time) : PostgresOperation(0, time.GetTimestamp())
{
    private readonly StoreOutcome<bool> _outcome = new();
    private long _sent;
    private long _received;
    private long _clock;

    public Task<bool> Done => _outcome.Task;

    public override bool Writes => true;

    public override NpgsqlBatchCommand Command()
    {
        _sent = time.GetTimestamp();
        return new(PostgresStatements.Clock);
    }

    public override void Read(NpgsqlDataReader reader)
    {
        _received = time.GetTimestamp();
        if (!reader.Read()) throw new InvalidOperationException("The schema's clock is not there.");
        _clock = reader.GetInt64(0);
    }

    protected override void Tell()
    {
        incarnations.Observe(_sent, _received, _clock);
        _outcome.Succeed(true);
    }

    protected override void Tell(Exception failure) => _outcome.Fail(failure);
}
