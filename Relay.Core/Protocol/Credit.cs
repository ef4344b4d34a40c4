namespace Relay.Core.Protocol;

/// <summary>What a message in flight holds of its connection's inbound credit (DESIGN rule 6).</summary>
/// <param name="Messages">Messages, 0 or 1.</param>
/// <param name="Bytes">Bytes of the message.</param>
public readonly record struct Credit(int Messages, int Bytes)
{
    /// <summary>Nothing.</summary>
    public static Credit None => default;
}
