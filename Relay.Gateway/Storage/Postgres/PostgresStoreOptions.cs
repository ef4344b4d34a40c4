using Npgsql;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>Where the PostgreSQL store lives. The connection string is a secret: what is shown is <see cref="Name"/>.</summary>
internal sealed record PostgresStoreOptions : StoreOptions
{
    private readonly NpgsqlConnectionStringBuilder _given;

    /// <exception cref="StoreStartException">It is no connection string.</exception>
    public PostgresStoreOptions(string connectionString)
    {
        _given = TryRead(connectionString, out var fault) ?? throw new StoreStartException("The PostgreSQL store cannot be opened: its connection string " + fault);
        Name = $"{_given.Host}:{_given.Port}/{_given.Database ?? ""}";
    }

    /// <summary>Host, port and database: for logs and messages.</summary>
    public string Name { get; }

    /// <summary>Connections that this process keeps open, each with a queue and a thread of its own.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long the database may take for a batch, and how long an operation may wait before it is sent. Whole seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection that was not used for this long is asked for a sign of life first.</summary>
    /// <remarks>The server may have been restarted meanwhile, and a write into a dead connection has an unknown outcome.</remarks>
    public TimeSpan AskAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of values in one transaction, so that little is under way when the process is paused.</summary>
    public int BatchByteLimit { get; init; } = 4 * 1024 * 1024;

    /// <summary>The options of each of the connections: what may wait is shared out.</summary>
    public PostgresStoreOptions ForEachConnection() => this with
    {
        QueueLimit = Math.Max(1, QueueLimit / Connections),
        QueueByteLimit = Math.Max(1, QueueByteLimit / Connections),
    };

    /// <summary>The operator's string with what the store needs to be so.</summary>
    public string ToConnectionString() => new NpgsqlConnectionStringBuilder(_given.ConnectionString)
    {
        ApplicationName = _given.ApplicationName ?? "relay",
        // Each connection is kept by its owner, who has to know when it is gone.
        Pooling = false,
        Multiplexing = false,
        Enlist = false,
        // Details of errors quote values.
        IncludeErrorDetail = false,
        PersistSecurityInfo = false,
        CommandTimeout = Seconds(Timeout),
        // Also what the driver waits, twice at most, while it asks a hung server to give up on a command.
        Timeout = Seconds(Timeout / 2),
        // The answer to that question is not waited for.
        CancellationTimeout = -1,
        MaxAutoPrepare = 16,
        AutoPrepareMinUsages = 2,
    }.ConnectionString;

    public override string ToString() => $"{nameof(PostgresStoreOptions)} of {Name}";

    /// <summary>Reads a connection string.</summary>
    /// <param name="connectionString">The operator's.</param>
    /// <param name="fault">What is wrong with it, without any of it: the driver's own messages quote it.</param>
    public static NpgsqlConnectionStringBuilder? TryRead(string connectionString, out string fault)
    {
        fault = "is no list such as Host=db.example.com;Username=relay;Password=…;Database=relay";
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            if (!string.IsNullOrWhiteSpace(builder.Host)) return builder;
            fault = "names no Host";
            return null;
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException or OverflowException)
        {
            return null;
        }
    }

    private static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Ceiling(span.TotalSeconds));
}
