using Relay.Core.Errors;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>What it means for a connection that its peer broke the protocol.</summary>
internal static class Violations
{
    /// <summary>The reason for which the connection closes.</summary>
    /// <param name="closeCode">The codec's verdict.</param>
    public static CloseReason Reason(int closeCode) => closeCode switch
    {
        CloseCodes.MessageTooBig => CloseReason.MessageTooBig,
        CloseCodes.InvalidPayload => CloseReason.InvalidUtf8,
        _ => CloseReason.ProtocolError,
    };
}
