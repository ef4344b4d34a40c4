namespace Relay.Core.Protocol;

/// <summary>A message on its way to clients: encoded once, immutable, shared by every outbox it goes to.</summary>
/// <param name="Bytes">The payload, UTF-8 when <paramref name="IsText"/>. Never changed after it is made.</param>
/// <param name="IsText">Text or binary.</param>
public readonly record struct Frame(byte[] Bytes, bool IsText = true)
{
    /// <summary>
    /// When not 0, the bytes are no payload but this many messages as they go on the wire, headers included; see <see cref="FrameBatch"/>. Negative:
    /// parts of a message that ends later.
    /// </summary>
    public int Framed { get; init; }

    /// <summary>Whether the bytes end inside a frame, whose rest comes next: nothing may stand between.</summary>
    public bool EndsInside { get; init; }

    /// <summary>The payload's length.</summary>
    public int Length => Bytes.Length;
}
