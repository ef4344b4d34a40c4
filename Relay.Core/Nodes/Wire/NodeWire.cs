namespace Relay.Core.Nodes.Wire;

/// <summary>
/// What a node and the relay say to each other on one WebSocket: control in JSON text frames, bodies in binary frames of a fixed header and
/// bytes. The bounds here hold for every implementation; docs/protocol.md has them in words.
/// </summary>
public static class NodeWire
{
    /// <summary>The WebSocket subprotocol.</summary>
    public const string Subprotocol = "relay.node.v1";

    /// <summary>Bytes of a text frame.</summary>
    public const int MaxControlBytes = 128 * 1024;

    /// <summary>The largest body that one binary frame may be allowed to carry, beside its header.</summary>
    public const int MaxChunkBytes = 1024 * 1024;

    /// <summary>The smallest such allowance.</summary>
    public const int MinChunkBytes = 1024;

    /// <summary>The smallest credit that a body may begin with.</summary>
    public const int MinWindowBytes = 4096;

    /// <summary>The largest credit that may be open for one body.</summary>
    public const int MaxWindowBytes = 64 * 1024 * 1024;

    /// <summary>The highest request id: the highest integer that every JSON implementation keeps exactly.</summary>
    public const long MaxRequestId = (1L << 53) - 1;

    /// <summary>Models of one node.</summary>
    public const int MaxModels = 256;

    /// <summary>Bytes of a model's name in UTF-8, and of a node's id.</summary>
    public const int MaxNameBytes = 256;

    /// <summary>Requests that a node may say it takes at once.</summary>
    public const int MaxCapacity = 1024;

    /// <summary>Bytes of a version, in UTF-8.</summary>
    public const int MaxVersionBytes = 64;

    /// <summary>Header fields of a request or a response.</summary>
    public const int MaxHeaders = 64;

    /// <summary>Bytes of a header's name.</summary>
    public const int MaxHeaderNameBytes = 128;

    /// <summary>Bytes of a header's value.</summary>
    public const int MaxHeaderValueBytes = 4096;

    /// <summary>Bytes of all names and values of one message's headers.</summary>
    public const int MaxHeadersBytes = 16 * 1024;

    /// <summary>Characters of a method.</summary>
    public const int MaxMethodBytes = 16;

    /// <summary>Bytes of a path.</summary>
    public const int MaxPathBytes = 256;

    /// <summary>Characters of an error's code.</summary>
    public const int MaxErrorCodeBytes = 64;

    /// <summary>Bytes of an error's message, in UTF-8.</summary>
    public const int MaxErrorMessageBytes = 1024;
}
