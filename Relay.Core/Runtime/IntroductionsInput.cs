using Relay.Core.Peers;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What a turn of a tenant's introductions is given.</summary>
internal readonly struct IntroductionsInput
{
    private IntroductionsInput(Kinds kind, object subject, object? more = null, PeerFormat format = default, Credit credit = default) =>
        (Kind, Subject, More, Format, Credit) = (kind, subject, more, format, credit);

    internal enum Kinds
    {
        Open,
        Join,
        Leave,
        Close,
    }

    internal Kinds Kind { get; }

    internal object Subject { get; }

    internal object? More { get; }

    internal PeerFormat Format { get; }

    internal Credit Credit { get; }

    internal IPeerConnection Connection => (IPeerConnection)Subject;

    internal IReadOnlyList<string> Documents => (IReadOnlyList<string>)More!;

    internal static IntroductionsInput Open(IPeerConnection connection, string peerId) => new(Kinds.Open, connection, peerId);

    internal static IntroductionsInput Join(IPeerConnection connection, IReadOnlyList<string> documents, PeerFormat format, Credit credit) => new(Kinds.Join, connection, documents, format, credit);

    internal static IntroductionsInput Leave(IPeerConnection connection, IReadOnlyList<string> documents, Credit credit) => new(Kinds.Leave, connection, documents, credit: credit);

    internal static IntroductionsInput Close(IPeerConnection connection) => new(Kinds.Close, connection);
}
