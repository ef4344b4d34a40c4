namespace Relay.Core.Runtime;

/// <summary>Counts the times that what tenants get has changed, so that whoever keeps what a tenant gets can see that it is to be asked for again.</summary>
public sealed class TenantEdition
{
    private int _number;

    /// <summary>The number now.</summary>
    public int Number => Volatile.Read(ref _number);

    /// <summary>Something has changed; what is asked for from now on is new. Any thread.</summary>
    public void Move() => Interlocked.Increment(ref _number);
}
