namespace Relay.Agent.Node;

/// <summary>The model server gave no answer, or broke off.</summary>
/// <param name="code">One of the wire's codes.</param>
/// <param name="message">For people.</param>
internal sealed class UpstreamException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
