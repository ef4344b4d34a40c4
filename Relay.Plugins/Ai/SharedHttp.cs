namespace Relay.Plugins.Ai;

/// <summary>The one HTTP client of the process's chats: instances come and go with users, connections are worth keeping.</summary>
internal static class SharedHttp
{
    public static HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // a redirect would carry the prompt, and on the same host the key, to where nobody configured
        UseCookies = false, // users must not share a cookie jar
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // follow DNS
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // silence is bounded by the plugin's idle_timeout
    };
}
