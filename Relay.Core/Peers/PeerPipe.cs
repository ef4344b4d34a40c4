namespace Relay.Core.Peers;

/// <summary>What a pipe's rule causes. Calls never block and never call back in the same turn.</summary>
/// <typeparam name="TEnd">How the runtime names an end.</typeparam>
public interface IPeerPipePort<in TEnd>
{
    /// <summary>Both ends are there: from now on they talk to each other alone.</summary>
    /// <param name="held">The end that waited.</param>
    /// <param name="arrived">The end that has come.</param>
    void Pair(TEnd held, TEnd arrived);

    /// <summary>An end that waited has been replaced by a newer one of the same peer.</summary>
    /// <param name="older">The end.</param>
    void Replaced(TEnd older);
}

/// <summary>Brings two ends together: the first waits for the second. What they say to each other does not come by here.</summary>
/// <typeparam name="TEnd">How the runtime names an end.</typeparam>
public sealed class PeerPipe<TEnd>
    where TEnd : class
{
    private readonly bool _isLoop;
    private readonly IPeerPipePort<TEnd> _port;
    private TEnd? _held;
    private bool _heldIsSecond;

    /// <summary>Makes it.</summary>
    /// <param name="isLoop">Whether a peer talks with itself: then any two ends are a pair.</param>
    /// <param name="port">Its effects.</param>
    public PeerPipe(bool isLoop, IPeerPipePort<TEnd> port) => (_isLoop, _port) = (isLoop, port);

    /// <summary>Whether nobody waits.</summary>
    public bool IsEmpty => _held is null;

    /// <summary>An end has come. An active pair is not disturbed by it: it waits for a partner of its own.</summary>
    /// <param name="end">The end.</param>
    /// <param name="isSecond">Which of the two peers it is.</param>
    public void Arrive(TEnd end, bool isSecond)
    {
        if (_held is not { } held)
        {
            (_held, _heldIsSecond) = (end, isSecond);
        }
        else if (held.Equals(end))
        {
            // Told again, because the first answer was lost.
        }
        else if (_isLoop || _heldIsSecond != isSecond)
        {
            _held = null;
            _port.Pair(held, end);
        }
        else
        {
            _held = end;
            _port.Replaced(held);
        }
    }

    /// <summary>An end has closed. It means something only for one that waits.</summary>
    /// <param name="end">The end.</param>
    public void Leave(TEnd end)
    {
        if (end.Equals(_held)) _held = null;
    }
}
