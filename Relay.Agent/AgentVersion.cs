namespace Relay.Agent;

/// <summary>What the agent says of itself.</summary>
internal static class AgentVersion
{
    public static string Text { get; } = "relay-agent/" + (typeof(AgentVersion).Assembly.GetName().Version ?? new Version(0, 0, 0)).ToString(3);
}
