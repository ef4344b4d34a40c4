namespace Relay.Gateway.Auth;

/// <summary>What a request wants to do.</summary>
internal enum Access
{
    /// <summary>Join the user's hub.</summary>
    Hub,

    /// <summary>Be a member of a room.</summary>
    Room,

    /// <summary>Be introduced to peers, and speak to them.</summary>
    Peer,

    /// <summary>Serve calls as a node.</summary>
    Node,

    /// <summary>Have a call run on a node.</summary>
    Call,

    /// <summary>Reach targets through a tunnel.</summary>
    Tunnel,

    /// <summary>Send to users, groups and rooms, as a back end.</summary>
    Publish,

    /// <summary>Look at who is there.</summary>
    Observe,

    /// <summary>Change what is there: end connections, drain nodes.</summary>
    Operate,
}
