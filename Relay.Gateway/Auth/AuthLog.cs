using Relay.Core;

namespace Relay.Gateway.Auth;

/// <summary>What is logged of credentials: never one of them, nor anything of one that was not proven.</summary>
internal sealed partial class AuthLog(ILogger<AuthLog> logger)
{
    [LoggerMessage(1301, LogLevel.Warning, "auth.mode is none and server.host is {Host}: whoever can reach the relay can be anyone")]
    public partial void Insecure(string host);

    [LoggerMessage(1302, LogLevel.Debug, "refused a credential from {Address}: {Reason}")]
    public partial void Refused(System.Net.IPAddress? address, AuthFault reason);

    [LoggerMessage(1303, LogLevel.Information, "fetched {Keys} keys from the key set at {Host}")]
    public partial void JwksFetched(string host, int keys);

    [LoggerMessage(1304, LogLevel.Warning, "the key set at {Host} could not be fetched: {Why}")]
    public partial void JwksFailed(string host, string why);

    [LoggerMessage(1305, LogLevel.Information, "{Tenant}: closed {Connections} connections whose key or issuer is trusted no more")]
    public partial void Revoked(TenantId tenant, int connections);
}

/// <summary>Why a credential was refused: for the operator, in log and metrics. Whoever sent it is not told.</summary>
internal enum AuthFault
{
    None,
    Missing,
    Malformed,
    UnknownIssuer,
    UnknownKey,
    WrongAlgorithm,
    BadSignature,
    Expired,
    NotYetValid,
    NoExpiry,
    BadClaims,
    UnknownApiKey,
    WrongTenant,
    MissingRole,
    TooManyFailures,
}
