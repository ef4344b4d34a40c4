using System.Collections.Immutable;
using System.Text;
using Relay.Core.Hubs;

namespace Relay.Gateway.Hosting;

internal sealed record RelayWebhooksOptions
{
    /// <summary>Empty: nobody is told.</summary>
    public string Url { get; init; } = "";

    public string Secret { get; init; } = "";

    /// <summary>While the receiver changes from one secret to the next: what is sent is signed with both.</summary>
    public string PreviousSecret { get; init; } = "";

    public ImmutableArray<HubEventKind> Events { get; init; } = [.. Enum.GetValues<HubEventKind>()];

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
