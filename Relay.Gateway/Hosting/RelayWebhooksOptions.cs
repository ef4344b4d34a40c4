using System.Collections.Immutable;
using System.Text;
using Relay.Core;

namespace Relay.Gateway.Hosting;

internal sealed record RelayWebhooksOptions
{
    /// <summary>Empty: nobody is told.</summary>
    public string Url { get; init; } = "";

    public string Secret { get; init; } = "";

    /// <summary>While the receiver changes from one secret to the next: what is sent is signed with both.</summary>
    public string PreviousSecret { get; init; } = "";

    /// <summary>By default those that a presence is mirrored by, and not those that there may be thousands of for each: members, peers, tunnels.</summary>
    public ImmutableArray<RelayEventKind> Events { get; init; } =
    [
        RelayEventKind.Connected,
        RelayEventKind.Disconnected,
        RelayEventKind.FirstIn,
        RelayEventKind.LastOut,
        RelayEventKind.PluginFailed,
        RelayEventKind.RoomFirstIn,
        RelayEventKind.RoomLastOut,
        RelayEventKind.NodeConnected,
        RelayEventKind.NodeDisconnected,
    ];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Of one tenant.</summary>
    public int MaxEvents { get; init; } = 100_000;

    /// <summary>Empty: nobody is asked.</summary>
    public string ConnectUrl { get; init; } = "";

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public bool ConnectFailsOpen { get; init; }

    /// <summary>Without a secret that is worth the name nothing is sent.</summary>
    public bool IsSigned => Encoding.UTF8.GetByteCount(Secret) >= WebhookSettings.MinSecretBytes;

    // A record prints all its members, and these would print the secrets into a log.
    public override string ToString() => nameof(RelayWebhooksOptions);
}
