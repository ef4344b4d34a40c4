namespace Relay.Core.Protocol;

/// <summary>What a message in flight holds of its connection's inbound credit (DESIGN rule 6).</summary>
/// <param name="Messages">Messages, 0 or 1.</param>
/// <param name="Bytes">Bytes of the message.</param>
/// <param name="Message">The number that the message has on its connection's link, where the link gives numbers; 0 elsewhere. An answer that carries it is the message's terminal.</param>
public readonly record struct Credit(int Messages, int Bytes, long Message = 0)
{
    /// <summary>Nothing.</summary>
    public static Credit None => default;
}
