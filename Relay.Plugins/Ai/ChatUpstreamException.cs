namespace Relay.Plugins.Ai;

/// <summary>The upstream refused a chat or answered with something that is no chat.</summary>
/// <remarks>
/// Thrown by an <see cref="Microsoft.Extensions.AI.IChatClient"/> to tell the user what is wrong: the user reads the message.
/// The message of any other exception stays in the process.
/// </remarks>
/// <param name="message">What a person reads: no body, no credential.</param>
/// <param name="status">The HTTP status of the upstream's answer, when it was one.</param>
/// <param name="code">The upstream's own code: <c>model_not_found</c>.</param>
/// <param name="inner">The cause.</param>
public sealed class ChatUpstreamException(string message, int? status = null, string? code = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The HTTP status of the upstream's answer, when it was one.</summary>
    public int? Status { get; } = status;

    /// <summary>The upstream's own code, when it gave one.</summary>
    public string? Code { get; } = code;

    /// <summary>No node serves the model, and there is no upstream that might.</summary>
    internal bool IsUnknownToNodes { get; init; }
}
