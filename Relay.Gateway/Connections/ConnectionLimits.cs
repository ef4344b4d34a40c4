using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Connections;

/// <summary>What bounds a connection.</summary>
/// <param name="Credit">Messages and bytes that may be under way; at least one message always may.</param>
/// <param name="OutboxBytes">Bytes that may wait to be sent before a push overflows and answers wait.</param>
/// <param name="CloseTimeout">How long a closing connection may take.</param>
/// <param name="PingInterval">How long nothing may be heard before a ping is sent.</param>
/// <param name="PingTimeout">How long nothing may be heard after it.</param>
internal sealed record ConnectionLimits(Credit Credit, int OutboxBytes, TimeSpan CloseTimeout, TimeSpan PingInterval, TimeSpan PingTimeout)
{
    /// <summary>What bounds a connection to the hub, as a tenant's settings have it; other connections differ from it.</summary>
    public static ConnectionLimits Of(RelaySettings settings) => new(
        new(settings.Hub.QueueMultiplier, settings.Hub.QueueBytes),
        settings.Hub.OutboxBytes,
        settings.Hub.CloseTimeout,
        settings.Server.PingInterval,
        settings.Server.PingTimeout)
    {
        ExpiryNotice = settings.Auth.ExpiryNotice,
    };

    /// <summary>How long before its token runs out a connection is told.</summary>
    public TimeSpan ExpiryNotice { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>An error that closes is told in a frame as well. Not where every frame is some member's message.</summary>
    public bool TellsErrors { get; init; } = true;

    /// <summary>The frame that tells of an error that closes, if there is to be one.</summary>
    public Frame? Told(ErrorCode error) => TellsErrors ? Frames.Error(error) : null;

    /// <summary>What a peer sent before it left is taken, however long that needs to wait. Not where a peer that is gone holds a place that others want.</summary>
    public bool ReadsToTheEnd { get; init; }

    /// <summary>While the relay is being stopped, what belongs to requests that go on is taken until they have ended.</summary>
    public bool TakesWhileDraining { get; init; }
}
