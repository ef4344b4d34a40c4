using System.Diagnostics;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Core.Telemetry;
using Relay.Gateway.Auth.Tokens;
using Relay.Gateway.Telemetry;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>What a connection is for: where its messages go.</summary>
internal interface IConnectionUse
{
    /// <summary>What a connection of this use is for, as the API tells it.</summary>
    string Job { get; }

    /// <summary>A message has come. Receive loop only; its credit has to be given back to the connection.</summary>
    void Take(Connection connection, in IncomingFrame frame, Credit credit);

    /// <summary>The connection has closed. Called once, from any thread.</summary>
    void Leave();

    /// <summary>Frames have left that held so much credit. Any thread.</summary>
    void Sent(Connection connection, Credit credit) => connection.Return(credit);

    /// <summary>The connection's token runs out soon. The registry's sweep only; once for each end.</summary>
    void Expiring(Connection connection, DateTimeOffset at)
    {
    }

    /// <summary>Time has passed. The registry's sweep only.</summary>
    void Sweep(Connection connection, TimeSpan now)
    {
    }
}

/// <summary>A user's connection to the user's hub.</summary>
internal sealed class HubUse(HubLink link, TokenRenewal? renewal = null, TraceIngress? traces = null) : IConnectionUse
{
    public string Job => "hub";

    public void Take(Connection connection, in IncomingFrame frame, Credit credit)
    {
        if (connection.Meter?.TryTakeMessage() == false) Refuse(connection, frame, credit);
        else if (!frame.IsText) connection.Answer(Frames.Error(ErrorCode.InvalidJson, "A binary frame is not a JSON object."), credit);
        else if (!ClientEnvelope.TryRead(frame.Payload, out var envelope, out var fault)) connection.Answer(Frames.Error(fault.Code, fault.Message, envelope.RequestId), credit);
        else if (renewal is not null && envelope.Type.SequenceEqual(TokenRenewal.Type)) renewal.Take(connection, envelope);
        else if (RelayTrace.IsOn && traces is not null) link.Send(Traced(connection, envelope, traces));
        else link.Send(envelope);
    }

    public void Expiring(Connection connection, DateTimeOffset at)
    {
        if (renewal is not null) connection.Push(Frames.Expiring(at));
    }

    public void Leave() => link.Leave();

    private static ClientEnvelope Traced(Connection connection, in ClientEnvelope message, TraceIngress traces)
    {
        var span = RelayTrace.Begin(RelayTrace.HubMessage, ActivityKind.Server, traces.Parent(message.Traceparent));
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag(RelayTrace.Tenant, connection.Identity.Tenant);
            span.SetTag(RelayTrace.Connection, connection.Id);
            span.SetTag(RelayTrace.MessageSize, message.Frame.Length);
        }

        return message with { Span = span };
    }

    private static void Refuse(Connection connection, in IncomingFrame frame, Credit credit)
    {
        if (connection.Meter!.Persists)
        {
            connection.Return(credit);
            connection.Close(ErrorCode.RateLimited);
            return;
        }

        var requestId = frame.IsText && ClientEnvelope.TryRead(frame.Payload, out var envelope, out _) ? envelope.RequestId : default;
        connection.Answer(Frames.Error(ErrorCode.RateLimited, null, requestId), credit);
    }
}

/// <summary>A member's connection to its room.</summary>
internal sealed class RoomUse(RoomLink link, RelayEvent joined, IRelayEvents events) : IConnectionUse
{
    public string Job => "room";

    public void Take(Connection connection, in IncomingFrame frame, Credit credit) => link.Publish(new(frame.Payload, frame.IsText), credit);

    public void Leave()
    {
        events.Tell(joined with { Kind = RelayEventKind.RoomLeft });
        link.Leave();
    }
}
