using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using Relay.Core.Runtime;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>The key sets of issuers, each fetched from the one URL that the settings give for it, and kept by issuer and URL.</summary>
internal sealed class JwkSets(TimeProvider time, AuthLog log) : IDisposable
{
    // Settings change: what is no issuer's any more is let go of at times.
    private const int MaxSets = 1000;

    private readonly ConcurrentDictionary<(string Issuer, string Url), JwkSet> _sets = new();

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        // A redirect would have the keys come from where no operator said.
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = JwkSet.Timeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    /// <summary>Told of keys that have left their set, by their marks. Whoever is told does not wait.</summary>
    public event Action<IReadOnlySet<string>>? Left;

    public ValueTask<TrustedKey?> FindAsync(TenantTrust trust, string keyId)
    {
        if (_sets.Count >= MaxSets) _sets.Clear();
        var set = _sets.GetOrAdd(
            (trust.Auth.Issuer, trust.Auth.JwksUrl), key => new(new(key.Url), _http, new(time), log, gone => Left?.Invoke(gone.Select(one => JwkMark.Of(key.Issuer, key.Url, one)).ToHashSet(StringComparer.Ordinal))));
        return set.FindAsync(keyId, trust.Auth.JwksRefresh);
    }

    /// <summary>Fetches the sets that are old, though nobody asks for a key: connections may live by one that has left. Lets go of those that nobody uses.</summary>
    public void Refresh(Func<string, string, bool> uses)
    {
        foreach (var (key, set) in _sets)
        {
            if (uses(key.Issuer, key.Url)) set.Refresh();
            else _sets.TryRemove(new(key, set));
        }
    }

    /// <summary>Whether a key is still in its issuer's set, as far as is known.</summary>
    public bool Has(TenantTrust trust, TrustedKey key) =>
        _sets.TryGetValue((trust.Auth.Issuer, trust.Auth.JwksUrl), out var set) && set.Has(key, trust.Auth.JwksRefresh);

    public void Dispose() => _http.Dispose();
}

/// <summary>
/// One issuer's key set. It is fetched when it is old, and when a token names a key that it does not have; never twice in <see cref="Pause"/>, so that made-up key
/// ids cannot have the issuer flooded. When fetching fails the last set serves on, for <see cref="Longest"/> at most.
/// </summary>
internal sealed class JwkSet(Uri url, HttpClient http, RuntimeClock clock, AuthLog log, Action<IReadOnlyList<TrustedKey>> left)
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private const int MaxBytes = 256 * 1024;
    private const int MaxKeys = 100;
    private const int MaxWaiting = 100;

    private readonly Lock _gate = new();
    private volatile FrozenDictionary<string, TrustedKey> _keys = FrozenDictionary<string, TrustedKey>.Empty;
    private TimeSpan _refresh = Longest;
    private TimeSpan? _tried;
    private TimeSpan? _fetched;
    private Task? _fetching;
    private int _waiting;

    /// <summary>Whether the set has a key. Who asks does not wait, but an old set is fetched anew.</summary>
    public bool Has(TrustedKey key, TimeSpan refresh)
    {
        lock (_gate)
        {
            Look(key.Id, refresh);
            return _keys.TryGetValue(key.Id, out var known) && ReferenceEquals(known, key);
        }
    }

    /// <summary>Fetches an old set anew.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (_tried is { } tried && clock.Now - tried >= Max(Pause, _refresh)) Fetch();
        }
    }

    public async ValueTask<TrustedKey?> FindAsync(string keyId, TimeSpan refresh)
    {
        Task fetching;
        lock (_gate)
        {
            var known = Look(keyId, refresh);
            if (known is not null || _fetching is null || _waiting >= MaxWaiting) return known;
            _waiting++;
            fetching = _fetching;
        }

        await fetching;
        lock (_gate) _waiting--;
        return _keys.GetValueOrDefault(keyId);
    }

    // Under the lock.
    private TrustedKey? Look(string keyId, TimeSpan refresh)
    {
        var now = clock.Now;
        _refresh = refresh;
        if (now - _fetched > Longest) _keys = FrozenDictionary<string, TrustedKey>.Empty;
        var known = _keys.GetValueOrDefault(keyId);
        if (_tried is not { } tried || now - tried >= (known is null ? Pause : Max(Pause, refresh))) Fetch();
        return known;
    }

    // Under the lock.
    private void Fetch()
    {
        if (_fetching is not null) return;
        _tried = clock.Now;
        _fetching = Task.Run(FetchAsync);
    }

    private async Task FetchAsync()
    {
        var keys = await ReadAsync();
        List<TrustedKey> gone;
        lock (_gate)
        {
            _fetching = null;
            if (keys is null) return;
            _fetched = clock.Now;
            gone = [.. _keys.Values.Where(known => !keys.Any(key => key.Id == known.Id && IsSame(known, key)))];

            // A key that stayed is the same object: what was verified with it stays verified.
            _keys = keys.ToFrozenDictionary(static key => key.Id, key => _keys.GetValueOrDefault(key.Id) is { } known && IsSame(known, key) ? known : key, StringComparer.Ordinal);
        }

        if (gone.Count > 0) left(gone);
    }

    private async Task<IReadOnlyList<TrustedKey>?> ReadAsync()
    {
        try
        {
            using var late = new CancellationTokenSource(Timeout, clock.Provider);
            using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, late.Token);
            if (!response.IsSuccessStatusCode)
            {
                log.JwksFailed(url.Host, $"status {(int)response.StatusCode}");
                return null;
            }

            await using var body = await response.Content.ReadAsStreamAsync(late.Token);
            var bytes = new byte[MaxBytes + 1];
            var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, late.Token);
            if (length <= MaxBytes && Parse(bytes.AsMemory(0, length)) is { } keys)
            {
                log.JwksFetched(url.Host, keys.Count);
                return keys;
            }

            log.JwksFailed(url.Host, length > MaxBytes ? "it is too long" : "it is no JWK set");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            log.JwksFailed(url.Host, e is OperationCanceledException ? "it did not come in time" : e.Message);
        }

        return null;
    }

    private static List<TrustedKey>? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array) return null;
            var keys = new List<TrustedKey>();
            foreach (var jwk in list.EnumerateArray().Take(MaxKeys))
                if (TrustedKey.TryReadJwk(jwk, out var key) && !keys.Exists(known => known.Id == key.Id)) keys.Add(key);
            return keys;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsSame(TrustedKey one, TrustedKey other) =>
        one.Algorithm == other.Algorithm && one.Key.ComputeJwkThumbprint().AsSpan().SequenceEqual(other.Key.ComputeJwkThumbprint());

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
