using Relay.Gateway.Connections;

namespace Relay.Tests.Gateway.Connections;

/// <summary>A transport of which a test says what it does.</summary>
internal sealed class HandTransport : ITransport
{
    public bool IsOpen { get; set; } = true;

    public bool IsTaking { get; set; }

    public int Looks { get; private set; }

    public int Aborts { get; private set; }

    public bool TookBytes()
    {
        Looks++;
        return IsTaking;
    }

    public void Abort()
    {
        Aborts++;
        IsOpen = false;
    }
}
