namespace Relay.Gateway.Tunnel;

/// <summary>The bytes below a tunnel's WebSocket. One thread receives, one sends.</summary>
internal interface ITunnelWire : IAsyncDisposable
{
    /// <summary>Waits until something has arrived; holds no buffer meanwhile. False: the peer's side has ended, or the wire was cut.</summary>
    ValueTask<bool> WaitAsync();

    /// <summary>Takes what has arrived without waiting. 0: nothing has. -1: the peer's side has ended, or the wire was cut.</summary>
    int Receive(Span<byte> buffer);

    /// <summary>Sends all of the bytes. False: the wire was cut.</summary>
    ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the wait for input. Any thread.</summary>
    void EndReceive();

    /// <summary>Cuts the connection. Any thread, any number of times.</summary>
    void Abort();
}
