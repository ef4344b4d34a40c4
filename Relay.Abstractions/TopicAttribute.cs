namespace Relay.Abstractions;

/// <summary>Makes a method of a <see cref="RelayPlugin"/> the handler of a topic.</summary>
/// <remarks>
/// The method takes, in this order, optionally the message's <c>data</c> as a type of the author's, the
/// <see cref="PluginMessage"/>, and optionally a <see cref="CancellationToken"/>; it returns nothing, a <see cref="Task"/> or
/// a <see cref="ValueTask"/>. It may be private, but analyzers then take it for unused. Several topics may share one method.
/// </remarks>
/// <param name="topic">The message's type without the plugin's prefix: <c>get_state</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class TopicAttribute(string topic) : Attribute
{
    /// <summary>The message's type without the plugin's prefix.</summary>
    public string Topic { get; } = topic;

    /// <summary>
    /// The author's declaration that handling a message twice does no more than handling it once. A cluster that lost the process
    /// which had taken such a message runs it again, instead of answering <c>outcome_unknown</c>; one that was detached is not run again.
    /// </summary>
    public bool Idempotent { get; init; }
}
