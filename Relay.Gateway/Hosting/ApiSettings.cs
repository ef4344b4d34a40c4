using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about the back ends' API.</summary>
internal static class ApiSettings
{
    private static readonly SettingGroup<RelayApiOptions> Api = new("api", s => s.Api, (s, v) => s with { Api = v });

    public static ImmutableArray<Setting> All { get; } =
    [
        Api.Value("idempotency_window", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)), o => o.IdempotencyWindow, (o, v) => o with { IdempotencyWindow = v },
            "How long a request to /api/v1 that comes again with its Idempotency-Key gets the answer of the first and is not performed again."),
        Api.Value("max_idempotency_keys", Int(1, 10_000_000), o => o.MaxIdempotencyKeys, (o, v) => o with { MaxIdempotencyKeys = v },
            "Such keys of one tenant in that time; a new one beyond it is answered 429."),
    ];
}
