using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What a central hub's turn is given.</summary>
internal readonly struct CentralInput
{
    private CentralInput(Kinds kind, object? subject = null, object? more = null, object? answer = null, int clients = 0, long joins = 0, bool flag = false) =>
        (Kind, Subject, More, Answer, Clients, Joins, Flag) = (kind, subject, more, answer, clients, joins, flag);

    internal enum Kinds
    {
        Route,
        Activity,
        Ended,
        Group,
        PushToGroup,
        Collect,
        Stop,
        Query,
    }

    internal Kinds Kind { get; }

    internal object? Subject { get; }

    internal object? More { get; }

    internal object? Answer { get; }

    internal UserHubActor Hub => (UserHubActor)Subject!;

    internal int Clients { get; }

    internal long Joins { get; }

    internal bool Flag { get; }

    internal static CentralInput Route(JoinOperation join) => new(Kinds.Route, join);

    internal static CentralInput Activity(UserHubActor hub, int clients, long joins) => new(Kinds.Activity, hub, clients: clients, joins: joins);

    internal static CentralInput Ended(UserHubActor hub, long joins, bool forGood) => new(Kinds.Ended, hub, joins: joins, flag: forGood);

    internal static CentralInput Group(UserHubActor hub, string group, bool member) => new(Kinds.Group, hub, group, flag: member);

    internal static CentralInput PushToGroup(string group, Frame frame, TaskCompletionSource<int>? answer) => new(Kinds.PushToGroup, group, frame.Bytes, answer);

    internal static CentralInput Collect() => new(Kinds.Collect);

    internal static CentralInput Stop() => new(Kinds.Stop);

    internal static CentralInput Query(Action<CentralHubActor> query) => new(Kinds.Query, query);
}
