namespace Relay.WebSockets;

/// <summary>Close codes of the protocol itself. The relay's own (44xx, 45xx) belong to its catalogue of errors.</summary>
internal static class CloseCodes
{
    public const int Normal = 1000;
    public const int GoingAway = 1001;
    public const int ProtocolError = 1002;
    public const int UnsupportedData = 1003;

    /// <summary>Stands for a close frame without a code; never on the wire.</summary>
    public const int NoStatus = 1005;

    /// <summary>Stands for an end without a close frame; never on the wire.</summary>
    public const int Abnormal = 1006;
    public const int InvalidPayload = 1007;
    public const int PolicyViolation = 1008;
    public const int MessageTooBig = 1009;
    public const int InternalError = 1011;

    /// <summary>Whether a close frame may carry the code (RFC 6455, 7.4, and the registry's later 1012 to 1014).</summary>
    public static bool MayBeSent(int code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
}
