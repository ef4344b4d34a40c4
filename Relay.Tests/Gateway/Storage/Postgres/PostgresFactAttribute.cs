namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>A test that needs PostgreSQL: skipped where it is not installed, but never by CI, where that is a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresPrograms.Missing;
}
