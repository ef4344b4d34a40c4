using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What a user hub's turn is given.</summary>
internal readonly struct HubInput
{
    private HubInput(Kinds kind, object? subject = null, object? more = null, long number = 0, int plugin = 0, bool flag = false, ClientEnvelope message = default) =>
        (Kind, Subject, More, Number, Plugin, Flag, Message) = (kind, subject, more, number, plugin, flag, message);

    internal enum Kinds
    {
        Message,
        Begin,
        Join,
        Leave,
        Push,
        PushTo,
        Group,
        Started,
        Crashed,
        Ended,
        Wanted,
        Collect,
        Stop,
        Abandon,
        Interrupt,
        Query,
    }

    internal Kinds Kind { get; }

    internal object? Subject { get; }

    internal object? More { get; }

    internal long Number { get; }

    internal int Plugin { get; }

    internal bool Flag { get; }

    internal ClientEnvelope Message { get; }

    internal IHubConnection Connection => (IHubConnection)Subject!;

    internal Frame Frame => new((byte[])More!);

    internal static HubInput Interrupt() => new(Kinds.Interrupt);

    internal static HubInput Send(IHubConnection connection, in ClientEnvelope message) => new(Kinds.Message, connection, message: message);

    internal static HubInput Begin() => new(Kinds.Begin);

    internal static HubInput Join(JoinOperation join) => new(Kinds.Join, join);

    internal static HubInput Leave(IHubConnection connection) => new(Kinds.Leave, connection);

    internal static HubInput Push(Frame frame, string? except) => new(Kinds.Push, except, frame.Bytes);

    internal static HubInput PushTo(string connectionId, Frame frame) => new(Kinds.PushTo, connectionId, frame.Bytes);

    internal static HubInput Group(string group, bool member) => new(Kinds.Group, group, flag: member);

    internal static HubInput Started(int plugin, long incarnation) => new(Kinds.Started, plugin: plugin, number: incarnation);

    internal static HubInput Crashed(int plugin, long incarnation) => new(Kinds.Crashed, plugin: plugin, number: incarnation);

    internal static HubInput Ended(int plugin, long incarnation, bool waiting) => new(Kinds.Ended, plugin: plugin, number: incarnation, flag: waiting);

    internal static HubInput Wanted(int plugin) => new(Kinds.Wanted, plugin: plugin);

    internal static HubInput Collect(long joins) => new(Kinds.Collect, number: joins);

    internal static HubInput Abandon() => new(Kinds.Abandon);

    internal static HubInput Stop() => new(Kinds.Stop);

    internal static HubInput Query(Action<UserHub, Turn> query) => new(Kinds.Query, query);
}
