namespace Relay.Core.Nodes.Wire;

/// <summary>How one side broke the protocol. Each of them ends the socket.</summary>
public enum NodeWireFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A text frame is not one JSON object, nests too deep, or names a member twice.</summary>
    NotAnObject,

    /// <summary>A text frame has no type, or none that its sender may send.</summary>
    UnknownType,

    /// <summary>A member is missing, of another kind, or out of its bounds.</summary>
    BadMember,

    /// <summary>A text frame is too long.</summary>
    ControlTooBig,

    /// <summary>A binary frame is shorter than its header, or the header is none.</summary>
    BadHeader,

    /// <summary>A binary frame carries more than the welcome allows.</summary>
    ChunkTooBig,

    /// <summary>A binary frame is empty and not the last of its body.</summary>
    EmptyChunk,

    /// <summary>A chunk is not the next of its body.</summary>
    WrongSequence,

    /// <summary>A chunk goes beyond the credit.</summary>
    BeyondCredit,

    /// <summary>Credit of more bytes than may be open.</summary>
    TooMuchCredit,

    /// <summary>A body goes on after its last chunk, while its request goes on.</summary>
    AfterLast,

    /// <summary>An id that has not been given out, or a request's that is not greater than all before.</summary>
    UnknownRequest,

    /// <summary>A body has begun before its response's head, or there is a second head.</summary>
    OutOfOrder,

    /// <summary>The first message is not a hello, or the first answer no welcome; or there is a second one.</summary>
    NoHello,

    /// <summary>A body is not as long as its request said.</summary>
    WrongLength,
}
