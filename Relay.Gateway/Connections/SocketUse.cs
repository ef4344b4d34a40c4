using Relay.Gateway.Auth;

namespace Relay.Gateway.Connections;

/// <summary>What a WebSocket is for, as its address says it: known before anybody is let in.</summary>
internal enum SocketUse
{
    Hub,
    Room,
    Introduction,
    Pipe,
    Node,
    Tunnel,
}

/// <summary>What a use wants.</summary>
internal static class SocketUses
{
    public static Access Access(this SocketUse use) => use switch
    {
        SocketUse.Hub => Auth.Access.Hub,
        SocketUse.Room => Auth.Access.Room,
        SocketUse.Introduction or SocketUse.Pipe => Auth.Access.Peer,
        SocketUse.Node => Auth.Access.Node,
        SocketUse.Tunnel => Auth.Access.Tunnel,
    };
}
