namespace Relay.Gateway.Api;

/// <summary>The ids of the examples in the OpenAPI document. A test makes a relay with just these, and runs every example.</summary>
internal static class ApiExamples
{
    public static string IdOf(string name) => name switch
    {
        "user" => "alice",
        "group" => "team-1",
        "room" => "chat-1",
        "node" => "node-1",
        "connection" => "kM3x",
        "plugin" => "ai_",
        "tenant" => "acme",
        "key" => "backend",
        _ => name + "-1",
    };
}
