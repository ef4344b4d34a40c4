using System.Collections.Immutable;
using Relay.Core;
using Relay.Gateway.Tenants;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about webhooks, and the rules over them.</summary>
internal static class WebhookSettings
{
    public const int MinSecretBytes = 32;

    private static readonly SettingGroup<RelayWebhooksOptions> Hooks = new SettingGroup<RelayWebhooksOptions>("webhooks", s => s.Webhooks, (s, v) => s with { Webhooks = v }).PerTenant;

    public static ImmutableArray<Setting> All { get; } =
    [
        Hooks.Value("url", SettingForms.Url, o => o.Url, (o, v) => o with { Url = v },
            "Where a tenant's events go: users and nodes that come and go, rooms that fill and empty, plugins that fail. Empty: nowhere."),
        Hooks.Value("secret", SettingForms.Secret, o => o.Secret, (o, v) => o with { Secret = v },
            "What webhooks are signed with, 32 bytes at least; better given as RELAY_WEBHOOKS__SECRET than in a file."),
        Hooks.Value("previous_secret", SettingForms.Secret, o => o.PreviousSecret, (o, v) => o with { PreviousSecret = v },
            "A second one, for as long as the receiver may still know only it: there are two signatures then."),
        Hooks.List("events", Event, o => o.Events, (o, v) => o with { Events = v },
            "Which events: connected, disconnected, first_in, last_out, plugin_failed; room_first_in, room_last_out, room_joined, room_left; peer_connected, peer_disconnected; node_connected, node_disconnected; tunnel_opened, tunnel_closed."),
        Hooks.Value("timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5)), o => o.Timeout, (o, v) => o with { Timeout = v },
            "How long the receiver may take to answer; then it is tried again."),
        Hooks.Value("give_up_after", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)), o => o.GiveUpAfter, (o, v) => o with { GiveUpAfter = v },
            "Events that could not be delivered for this long are given up, and counted."),
        Hooks.Value("max_events", Int(1, 10_000_000), o => o.MaxEvents, (o, v) => o with { MaxEvents = v },
            "Events of a tenant that may wait on the disk; those beyond it are not kept, counted, and the receiver is told how many."),
        Hooks.Value("connect_url", SettingForms.Url, o => o.ConnectUrl, (o, v) => o with { ConnectUrl = v },
            "Who is asked before a WebSocket of the tenant is let in. Empty: nobody."),
        Hooks.Value("connect_timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)), o => o.ConnectTimeout, (o, v) => o with { ConnectTimeout = v },
            "How long that may take."),
        Hooks.Value("connect_fail", OneOf(("closed", false), ("open", true)), o => o.ConnectFailsOpen, (o, v) => o with { ConnectFailsOpen = v },
            "What becomes of a WebSocket when whoever is asked cannot be reached or gives no answer: closed refuses it, open lets it in."),
    ];

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["webhooks.secret", "webhooks.url", "webhooks.connect_url"], static (s, _) =>
            Fault(s.Webhooks) ?? s.Tenants.Select(tenant => Fault(TenantSettings.Of(s, tenant.Value).Webhooks) is { } fault ? $"of the tenant {Readable.Quote(tenant.Key)} {fault}" : null).FirstOrDefault(static fault => fault is not null)),
    ];

    private static string? Fault(RelayWebhooksOptions hooks) =>
        (hooks.Url.Length > 0 || hooks.ConnectUrl.Length > 0) && !hooks.IsSigned
            ? $"must be at least {MinSecretBytes} bytes long where webhooks are sent"
            : null;

    private static SettingType<RelayEventKind> Event => OneOf(Enum.GetValues<RelayEventKind>().Select(static kind => (Webhooks.WebhookBody.NameOf(kind), kind)).ToArray());
}
