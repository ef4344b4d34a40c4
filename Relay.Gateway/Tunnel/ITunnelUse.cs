using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>What a tunnel's socket carries: one tunnel in chunks, or many in frames.</summary>
internal interface ITunnelUse
{
    /// <summary>A part of a message has come, unmasked. Receive loop only.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    string? Read(ReadOnlySpan<byte> payload, bool endsMessage);

    /// <summary>Whether nothing more may be received before <see cref="PressureAsync"/> has ended. Receive loop only.</summary>
    bool HasPressure { get; }

    /// <summary>Ends when more may be received.</summary>
    ValueTask PressureAsync();

    /// <summary>The client has sent a close frame. Receive loop only.</summary>
    void PeerClosed(int code);

    /// <summary>Breaks all tunnels off. Any thread, any number of times.</summary>
    void EndAll(TunnelEnd why);

    /// <summary>No new tunnel is taken; when the last one has ended, the socket is closed.</summary>
    void Drain();

    /// <summary>Time has passed. The registry's sweep only.</summary>
    void Sweep(TimeSpan now);

    /// <summary>Ends when there is no tunnel. Called after the receive loop has ended.</summary>
    Task Ended { get; }
}

/// <summary>How one tunnel's bytes get to the client.</summary>
internal interface ITunnelCarrier
{
    /// <summary>Room that <see cref="SendAsync"/> needs before the data.</summary>
    const int Headroom = 16;

    /// <summary>The id of the client's socket.</summary>
    string ConnectionId { get; }

    /// <summary>Waits until something may be sent. Gives how many bytes, or 0 when the tunnel has ended.</summary>
    ValueTask<int> CreditAsync();

    /// <summary>Sends data from where it lies; the <see cref="Headroom"/> bytes before it are written over. False: the client is gone.</summary>
    ValueTask<bool> SendAsync(byte[] buffer, int offset, int count);

    /// <summary>The target is connected.</summary>
    void Opened();

    /// <summary>There will be no tunnel.</summary>
    void Refused(int status, string text);

    /// <summary>The target has ended its side.</summary>
    void TargetEnded();

    /// <summary>Bytes of the client have been passed on to the target. Any thread.</summary>
    void Consumed(int bytes);

    /// <summary>The tunnel is over, and was open. Once, any thread.</summary>
    void Ended(TunnelEnd why);
}
