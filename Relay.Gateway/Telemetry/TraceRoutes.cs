namespace Relay.Gateway.Telemetry;

/// <summary>Addresses as spans name them: without what their users put into them.</summary>
internal static class TraceRoutes
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE"];

    /// <summary>The route of an address.</summary>
    /// <returns>Null for what is not traced: the console, health, and what there is not.</returns>
    public static string? Of(IReadOnlyList<string> segments) => segments switch
    {
        ["ws"] => "/ws",
        ["rooms", _] => "/rooms/{room}",
        ["introduction", _] => "/introduction/{local}",
        ["connection", _, _, _] => "/connection/{local}/{remote}/{document}",
        ["nodes"] => "/nodes",
        ["tunnel", ..] => "/tunnel",
        ["v1", "chat", "completions"] => "/v1/chat/completions",
        ["v1", "completions"] => "/v1/completions",
        ["v1", "embeddings"] => "/v1/embeddings",
        ["v1", "models", ..] => "/v1/models",
        ["v1", "streams", ..] => "/v1/streams/{stream}",
        ["api", "v1", ..] => "/api/v1",
        _ => null,
    };

    /// <summary>A method as a span names it.</summary>
    public static string Method(string method) => Array.IndexOf(Methods, method) >= 0 ? method : "_OTHER";
}
