namespace Relay.Gateway.Telemetry;

/// <summary>What a process of a cluster knows of the table of members, as of the last time that it asked; read by the metrics.</summary>
internal sealed class ClusterHealth
{
    private volatile int _silos;
    private volatile bool _isReadable = true;

    /// <summary>Silos that are active, by the last table that could be read.</summary>
    public int Silos => _silos;

    /// <summary>Whether the table could be read the last time.</summary>
    public bool IsReadable => _isReadable;

    public void Read(int silos)
    {
        _silos = silos;
        _isReadable = true;
    }

    public void NotRead() => _isReadable = false;
}
