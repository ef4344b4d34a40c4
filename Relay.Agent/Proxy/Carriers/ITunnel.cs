using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>A way to a target, open or refused.</summary>
/// <param name="Status">200, or the status of the refusal.</param>
/// <param name="Response">The relay's HTTP response as it came, or as the frames say it.</param>
/// <param name="Tunnel">The tunnel; null when refused.</param>
internal sealed record TunnelAnswer(int Status, ReadOnlyMemory<byte> Response, ITunnel? Tunnel);

/// <summary>What takes the bytes that come out of a tunnel, on the carrier's receive loop. It does not wait: what it is given is bounded by the carrier.</summary>
internal interface ITunnelOutput
{
    /// <summary>Takes bytes. Each one is told to <paramref name="passedOn"/>, sooner or later, unless the output is broken off.</summary>
    void Write(ReadOnlySpan<byte> bytes, Action<int> passedOn);

    /// <summary>The target has ended its direction.</summary>
    void End();

    /// <summary>The tunnel is broken off.</summary>
    void Break();
}

/// <summary>The local end's view of a tunnel: what it sends. One send at a time.</summary>
internal interface ITunnel
{
    /// <summary>How many bytes may be sent, at least one; 0 when the tunnel has ended.</summary>
    ValueTask<int> WaitForCreditAsync();

    /// <summary>Sends bytes of a buffer, at most as many as there is credit; the memory is free when it completes.</summary>
    /// <exception cref="IOException">The tunnel has ended.</exception>
    ValueTask SendAsync(SendBuffer buffer, int count);

    /// <summary>Ends the direction to the target.</summary>
    void End();

    /// <summary>Breaks the tunnel off.</summary>
    void Break();
}

/// <summary>Makes tunnels.</summary>
internal interface ICarrier
{
    /// <summary>Opens a tunnel. What comes out of it goes to the output, perhaps before the answer is seen.</summary>
    Task<TunnelAnswer> OpenAsync(TunnelTarget target, ITunnelOutput output, CancellationToken cancel);
}
