using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Relay.Abstractions;

/// <summary>One message of a client, and the ways to answer it.</summary>
/// <remarks>
/// A message with a <c>request_id</c> has exactly one terminal: <see cref="Reply(string, ReadOnlySpan{byte})"/>,
/// <see cref="Fail(string, string, ReadOnlySpan{byte})"/>, or the end of the stream that <see cref="Detach"/> gives. A
/// second terminal is dropped and counted; a handler that ends without one has its client told <c>no_answer</c>.
/// The bytes are immutable and may be kept.
/// </remarks>
public abstract class PluginMessage
{
    /// <summary>The full <c>type</c>: <c>session_get_state</c>.</summary>
    public abstract string Type { get; }

    /// <summary>The type without the plugin's prefix: <c>get_state</c>.</summary>
    public abstract string Topic { get; }

    /// <summary>The raw UTF-8 JSON of <c>data</c>; empty when the message has none.</summary>
    public abstract ReadOnlyMemory<byte> Data { get; }

    /// <summary>The raw UTF-8 JSON of the whole message, members unknown to the relay included.</summary>
    public abstract ReadOnlyMemory<byte> Frame { get; }

    /// <summary>The client's correlation id, or null.</summary>
    public abstract string? RequestId { get; }

    /// <summary>The session that the client names, or null.</summary>
    public abstract string? SessionId { get; }

    /// <summary>The session that the answers name when the message names none; for a plugin with a default session. Set it before answering.</summary>
    public string? DefaultSessionId { get; set; }

    /// <summary>The connection that sent the message; answers go there.</summary>
    public abstract string ConnectionId { get; }

    /// <summary>Who sent the message.</summary>
    public abstract UserIdentity Identity { get; }

    /// <summary>Sends the one answer.</summary>
    /// <param name="topic">The answer's type without the prefix, which is added: <c>state</c>.</param>
    /// <param name="data">Raw UTF-8 JSON, or empty for no <c>data</c>. The relay does not check it.</param>
    /// <returns>False when the message was answered before, or this instance has been replaced: nothing is sent.</returns>
    public abstract bool Reply(string topic, ReadOnlySpan<byte> data = default);

    /// <summary>Sends the one answer as an error frame.</summary>
    /// <param name="code">The error's code without the prefix, which is added: <c>conflict</c>.</param>
    /// <param name="message">What a person reads.</param>
    /// <param name="data">Raw UTF-8 JSON that travels with the error, or empty.</param>
    /// <returns>False when the message was answered before, or this instance has been replaced: nothing is sent.</returns>
    public abstract bool Fail(string code, string message, ReadOnlySpan<byte> data = default);

    /// <summary>
    /// Ends this message's turn and keeps its request open: the next message of the user is handled while this handler goes
    /// on, or after it has returned. The request must show progress within <c>plugins.detached_idle_timeout</c>.
    /// </summary>
    /// <param name="survivesDisconnect">True to go on when the asking connection has closed.</param>
    /// <returns>The stream of answers. Every call gives the same one.</returns>
    /// <exception cref="TooManyOpenRequestsException">The plugin has <c>plugins.max_open_requests</c> detached requests of this user; let it pass through, the client is told <c>busy</c>.</exception>
    public abstract PluginStream Detach(bool survivesDisconnect = false);

    /// <summary>Reads <see cref="Data"/>.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="type">Source-generated metadata of <typeparamref name="T"/>.</param>
    /// <returns>The value; the default when there is no data.</returns>
    /// <exception cref="JsonException">The data does not fit the type.</exception>
    public T? ReadData<T>(JsonTypeInfo<T> type) => Data.IsEmpty ? default : JsonSerializer.Deserialize(Data.Span, type);

    /// <inheritdoc cref="Reply(string, ReadOnlySpan{byte})"/>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="topic">The answer's type without the prefix, which is added.</param>
    /// <param name="data">The data.</param>
    /// <param name="type">Source-generated metadata of <typeparamref name="T"/>.</param>
    public bool Reply<T>(string topic, T data, JsonTypeInfo<T> type) => Reply(topic, JsonSerializer.SerializeToUtf8Bytes(data, type));

    /// <inheritdoc cref="Fail(string, string, ReadOnlySpan{byte})"/>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="code">The error's code without the prefix, which is added.</param>
    /// <param name="message">What a person reads.</param>
    /// <param name="data">What travels with the error.</param>
    /// <param name="type">Source-generated metadata of <typeparamref name="T"/>.</param>
    public bool Fail<T>(string code, string message, T data, JsonTypeInfo<T> type) => Fail(code, message, JsonSerializer.SerializeToUtf8Bytes(data, type));
}
