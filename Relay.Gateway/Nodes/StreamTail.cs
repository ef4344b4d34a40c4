namespace Relay.Gateway.Nodes;

/// <summary>Knows whether a stream of events ends between two of them: its last two line ends tell, each LF, CR or CRLF.</summary>
internal struct StreamTail
{
    // The newest in the lowest byte.
    private uint _last;
    private bool _any;

    /// <summary>Whether the stream stands inside an event.</summary>
    public readonly bool IsInside => _any && !((_last & 0xFFFF) is 0x0A0A or 0x0D0D or 0x0A0D || (_last & 0xFFFFFF) is 0x0A0D0A or 0x0D0D0A);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        _any = true;
        foreach (var each in bytes.Length > 4 ? bytes[^4..] : bytes) _last = (_last << 8) | each;
    }
}
