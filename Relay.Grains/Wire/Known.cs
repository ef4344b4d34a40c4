using Relay.Core;
using Relay.Core.Answers;
using Relay.Core.Errors;
using Relay.Core.Nodes;

namespace Relay.Grains.Wire;

/// <summary>Numbers of another process, whose build may be newer and have more of them: what this one does not know becomes what it can do something with.</summary>
internal static class Known
{
    /// <summary>An error. One that is not known closes the connection like a stop: its client comes back, perhaps to a build that knows more.</summary>
    public static ErrorCode Error(int number) => Or((ErrorCode)number, ErrorCode.GoingAway);

    /// <summary>Why a socket closes, in the same way.</summary>
    public static CloseReason Close(int number) => Or((CloseReason)number, CloseReason.GoingAway);

    /// <summary>Why a call gets no node: at any rate not now.</summary>
    public static CallRefusal Refusal(int number) => Or((CallRefusal)number, CallRefusal.Busy);

    /// <summary>What there is to a key: whoever asked asks again.</summary>
    public static AnswerPhase Phase(int number) => Or((AnswerPhase)number, AnswerPhase.Running);

    /// <summary>Whether this build can tell a webhook what has happened.</summary>
    public static bool IsEvent(int number) => Enum.IsDefined((RelayEventKind)number);

    private static T Or<T>(T value, T otherwise)
        where T : struct, Enum => Enum.IsDefined(value) ? value : otherwise;
}
