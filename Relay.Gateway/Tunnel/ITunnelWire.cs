using System.Buffers;

namespace Relay.Gateway.Tunnel;

/// <summary>The bytes below a tunnel's WebSocket. One thread receives, one sends.</summary>
internal interface ITunnelWire : IAsyncDisposable
{
    /// <summary>
    /// What has arrived and was not taken; whoever takes something cuts it off the start. It lies where the transport put it, and may be written
    /// over as long as it is taken then.
    /// </summary>
    ref ReadOnlySequence<byte> Rest { get; }

    /// <summary>Waits until something has arrived that was not there at the last call. False: the peer's side has ended, or the wire was cut.</summary>
    ValueTask<bool> WaitAsync();

    /// <summary>Sends all of the bytes. False: the wire was cut.</summary>
    ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the wait for input. Any thread.</summary>
    void EndReceive();

    /// <summary>Cuts the connection. Any thread, any number of times.</summary>
    void Abort();
}
