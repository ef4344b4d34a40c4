namespace Relay.Core.Tunnel;

/// <summary>What one direction of a tunnel may still send. A mutable struct, kept in a field; one thread at a time.</summary>
public struct SendCredit()
{
    /// <summary>How many bytes may be sent.</summary>
    public int Left { get; private set; } = TunnelFrames.InitialCredit;

    /// <summary>The receiver takes more.</summary>
    /// <param name="credit">How many bytes more.</param>
    /// <returns>False when that is more credit than a direction may have.</returns>
    public bool TryAdd(ulong credit)
    {
        if (credit > (ulong)(TunnelFrames.MaxCredit - Left)) return false;
        Left += (int)credit;
        return true;
    }

    /// <summary>Spends credit on bytes that are being sent.</summary>
    /// <param name="bytes">How many, at most <see cref="Left"/>.</param>
    public void Spend(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Left);
        Left -= bytes;
    }
}

/// <summary>What one direction of a tunnel may still receive, and when to say that it takes more. A mutable struct, kept in a field; one thread at a time.</summary>
/// <param name="window">The bytes that may be under way, at least <see cref="TunnelFrames.InitialCredit"/>.</param>
public struct ReceiveCredit(int window)
{
    private readonly int _window = Math.Max(window, TunnelFrames.InitialCredit);
    private int _granted = TunnelFrames.InitialCredit;
    private int _consumed;

    /// <summary>What the window has beyond the initial credit: to be told in the frame that opens the tunnel.</summary>
    /// <returns>The credit to grant.</returns>
    public uint GrantRest()
    {
        var rest = _window - TunnelFrames.InitialCredit;
        _granted += rest;
        return (uint)rest;
    }

    /// <summary>Bytes have come.</summary>
    /// <param name="bytes">How many.</param>
    /// <returns>False when the sender had no credit for them.</returns>
    public bool TryReceive(int bytes)
    {
        if (bytes > _granted) return false;
        _granted -= bytes;
        return true;
    }

    /// <summary>Bytes that had come have been passed on.</summary>
    /// <param name="bytes">How many.</param>
    /// <returns>The credit to tell the sender now; 0 while it is not worth a frame.</returns>
    public uint Consume(int bytes)
    {
        _consumed += bytes;
        if (_consumed < _window / 4) return 0;
        var credit = (uint)_consumed;
        _granted += _consumed;
        _consumed = 0;
        return credit;
    }
}
