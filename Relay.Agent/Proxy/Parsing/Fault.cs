namespace Relay.Agent.Proxy.Parsing;

/// <summary>What is wrong with a request: the HTTP status, and a sentence for a person.</summary>
internal sealed record Fault(int Status, string Text);
