namespace Relay.Abstractions;

/// <summary>Declares a plugin: the class takes the messages whose <c>type</c> begins with <see cref="Prefix"/>.</summary>
/// <remarks>The longest matching prefix wins. One instance is made per user and lives as long as the user's hub needs it.</remarks>
/// <param name="prefix">Lower-case ASCII letters, digits and <c>_</c>, ending in <c>_</c>, at most 64 characters: <c>session_</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RelayPluginAttribute(string prefix) : Attribute
{
    /// <summary>The prefix of the message types that this plugin takes, the trailing <c>_</c> included.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>Start the instance together with the user's hub instead of with its first message.</summary>
    public bool AutoStart { get; init; }

    /// <summary>
    /// The author's promise that every handler is quick and never blocks. Such handlers run on the thread that received
    /// the message, which saves a hand-off between threads. A watchdog takes the privilege away from a plugin that breaks the promise.
    /// </summary>
    public bool Inline { get; init; }

    /// <summary>The scope that the sender's identity must hold, or null. A message without it is answered <c>forbidden</c>.</summary>
    public string? RequiredScope { get; init; }

    /// <summary>Topics that are <see cref="TopicAttribute.Idempotent"/>, of a plugin whose handlers are no methods with <see cref="TopicAttribute"/>.</summary>
    public string[] IdempotentTopics { get; init; } = [];
}
