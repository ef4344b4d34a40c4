namespace Relay.Gateway.Connections;

/// <summary>What carries a connection's frames, as far as frames do not tell.</summary>
internal interface ITransport
{
    /// <summary>Whether the server still holds it, be it only to send what nobody reads. Any thread.</summary>
    bool IsOpen { get; }

    /// <summary>
    /// Whether the peer has taken bytes since the last call, and more wait for it. False when the transport cannot tell. One thread at a time.
    /// </summary>
    bool TookBytes();

    /// <summary>Ends it without a goodbye. Any thread, also when it has ended.</summary>
    void Abort();
}
