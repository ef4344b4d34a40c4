using Relay.Core.Errors;
using Relay.Gateway.Api;
using Relay.Gateway.Connections;
using Relay.Gateway.Nodes;

namespace Relay.Gateway.Telemetry;

/// <summary>The series of the errors that clients were told: of what code, and what the client wanted. Both are closed sets.</summary>
internal static class ToldErrors
{
    /// <summary>The errors of hubs in frames, of other sockets with their close, of both APIs in HTTP answers.</summary>
    public static IEnumerable<(string Code, string Use, Func<MetricSources, long> Read)> Series =>
    [
        .. Enum.GetValues<ErrorCode>().Select(static code => Of(ErrorCatalogue.Of(code).Code, RelayInstruments.Snake(SocketUse.Hub), _ => ErrorTally.Of(code))),
        .. Closes(SocketUse.Hub).Where(static each => !Enum.GetValues<ErrorCode>().Any(code => ErrorCatalogue.Of(code).Code == each.Code)),
        .. Enum.GetValues<SocketUse>().Where(static use => use != SocketUse.Hub).SelectMany(Closes),
        .. ApiFaults.Codes.Append(CodeTally.Other).Select(static code => Of(code, "api", s => s.Gateway.ApiErrors.Of(code))),
        .. CallError.Codes.Append(CodeTally.Other).Select(static code => Of(code, "call", s => s.Gateway.CallErrors.Of(code))),
    ];

    private static IEnumerable<(string Code, string Use, Func<MetricSources, long> Read)> Closes(SocketUse use) =>
        Enum.GetValues<CloseReason>().Where(IsError).Select(reason => Of(ErrorCatalogue.Of(reason).Name, RelayInstruments.Snake(use), s => s.Gateway.Closed(use, reason)));

    // The others are ends that either side may bring about, and nobody was told that anything is wrong.
    private static bool IsError(CloseReason reason) => reason is not (CloseReason.Normal or CloseReason.PeerGone or CloseReason.PartnerGone);

    private static (string, string, Func<MetricSources, long>) Of(string code, string use, Func<MetricSources, long> read) => (code, use, read);
}
