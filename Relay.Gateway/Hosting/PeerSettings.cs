using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about peers.</summary>
internal static class PeerSettings
{
    private static readonly SettingGroup<RelayPeersOptions> Peers = new("peers", s => s.Peers, (s, v) => s with { Peers = v });

    public static ImmutableArray<Setting> All { get; } =
    [
        Peers.PerTenant.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The addresses /introduction/ and /connection/ for WebSockets."),
        Peers.PerTenant.Value("hold_timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)), o => o.HoldTimeout, (o, v) => o with { HoldTimeout = v },
            "How long one end of a pipe waits for the other before it is closed with hold_timeout. A socket keeps what it came with."),
        Peers.PerTenant.Value("hold_bytes", Bytes(1024, 1024 * 1024 * 1024), o => o.HoldBytes, (o, v) => o with { HoldBytes = v },
            "What is held of an end that sends before the other has come, each piece with 64 bytes more; beyond it the end is closed with hold_full. A socket keeps what it came with."),
        Peers.PerTenant.Value("max_documents", Int(1, 1_000_000), o => o.MaxDocuments, (o, v) => o with { MaxDocuments = v },
            "Documents for which one connection may want to be introduced, their ids of 100 bytes on average; beyond it the connection is closed with too_many_documents. A change counts when a connection wants more."),
    ];
}
