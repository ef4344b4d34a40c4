using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What a plugin host's turn is given.</summary>
internal readonly struct PluginInput
{
    private PluginInput(Kinds kind, object? subject = null, long incarnation = 0, ClientEnvelope message = default) =>
        (Kind, Subject, Incarnation, Message) = (kind, subject, incarnation, message);

    internal enum Kinds
    {
        Message,
        HandlerEnded,
        Start,
        Ready,
        StartRefused,
        Crashed,
        Present,
        Absent,
        PresenceHandled,
        Detached,
        DetachedFinished,
        ConnectionLeft,
        RoomAgain,
        End,
        EndItself,
        Stopped,
        Fail,
        HandBack,
        Superseded,
        Interrupt,
        Sweep,
    }

    internal Kinds Kind { get; }

    internal object? Subject { get; }

    internal long Incarnation { get; }

    internal ClientEnvelope Message { get; }

    internal IHubConnection Connection => (IHubConnection)Subject!;

    internal PluginRequest Request => (PluginRequest)Subject!;

    internal static PluginInput Post(IHubConnection connection, in ClientEnvelope message) => new(Kinds.Message, connection, 0, message);

    internal static PluginInput HandlerEnded(PluginRequest request) => new(Kinds.HandlerEnded, request);

    internal static PluginInput Start(long incarnation) => new(Kinds.Start, null, incarnation);

    internal static PluginInput Ready(long incarnation) => new(Kinds.Ready, null, incarnation);

    internal static PluginInput StartRefused(long incarnation, string message) => new(Kinds.StartRefused, message, incarnation);

    internal static PluginInput Crashed(long incarnation) => new(Kinds.Crashed, null, incarnation);

    internal static PluginInput Presence(bool present) => new(present ? Kinds.Present : Kinds.Absent);

    internal static PluginInput PresenceHandled(long incarnation) => new(Kinds.PresenceHandled, null, incarnation);

    internal static PluginInput Detached(PluginRequest request) => new(Kinds.Detached, request);

    internal static PluginInput DetachedFinished(PluginRequest request) => new(Kinds.DetachedFinished, request);

    internal static PluginInput ConnectionLeft(IHubConnection connection) => new(Kinds.ConnectionLeft, connection);

    internal static PluginInput RoomAgain(IHubConnection connection) => new(Kinds.RoomAgain, connection);

    internal static PluginInput End(long incarnation) => new(Kinds.End, null, incarnation);

    internal static PluginInput EndItself(long incarnation) => new(Kinds.EndItself, null, incarnation);

    internal static PluginInput Stopped(long incarnation) => new(Kinds.Stopped, null, incarnation);

    internal static PluginInput Fail() => new(Kinds.Fail);

    internal static PluginInput HandBack() => new(Kinds.HandBack);

    internal static PluginInput Superseded(long incarnation) => new(Kinds.Superseded, null, incarnation);

    internal static PluginInput Interrupt() => new(Kinds.Interrupt);

    internal static PluginInput Sweep() => new(Kinds.Sweep);
}
