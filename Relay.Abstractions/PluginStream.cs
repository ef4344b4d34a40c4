using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Relay.Abstractions;

/// <summary>The answers of a detached request: any number of parts, then one end.</summary>
public abstract class PluginStream
{
    /// <summary>
    /// Fires when the request has lost its purpose: the connection closed (unless the request survives that), the request
    /// showed no progress in time, or the instance ends. What is sent afterwards is dropped.
    /// </summary>
    public abstract CancellationToken Cancelled { get; }

    /// <summary>Sends a part once the connection has room for it, so a slow reader slows the writer down.</summary>
    /// <param name="topic">The frame's type without the prefix, which is added: <c>delta</c>.</param>
    /// <param name="data">Raw UTF-8 JSON, or empty for no <c>data</c>.</param>
    /// <returns>False when the request is over and nothing was sent.</returns>
    public abstract ValueTask<bool> WriteAsync(string topic, ReadOnlyMemory<byte> data = default);

    /// <summary>Sends the last frame and ends the request.</summary>
    /// <param name="topic">The frame's type without the prefix, which is added: <c>done</c>.</param>
    /// <param name="data">Raw UTF-8 JSON, or empty for no <c>data</c>.</param>
    /// <returns>False when the request was over before.</returns>
    public abstract bool End(string topic, ReadOnlySpan<byte> data = default);

    /// <summary>Ends the request with an error frame.</summary>
    /// <param name="code">The error's code without the prefix, which is added.</param>
    /// <param name="message">What a person reads.</param>
    /// <param name="data">Raw UTF-8 JSON that travels with the error, or empty.</param>
    /// <returns>False when the request was over before.</returns>
    public abstract bool Fail(string code, string message, ReadOnlySpan<byte> data = default);

    /// <summary>Tells that the work goes on although there is nothing to send yet: the idle clock starts anew.</summary>
    public abstract void KeepAlive();

    /// <inheritdoc cref="WriteAsync(string, ReadOnlyMemory{byte})"/>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="topic">The frame's type without the prefix, which is added.</param>
    /// <param name="data">The data.</param>
    /// <param name="type">Source-generated metadata of <typeparamref name="T"/>.</param>
    public ValueTask<bool> WriteAsync<T>(string topic, T data, JsonTypeInfo<T> type) => WriteAsync(topic, JsonSerializer.SerializeToUtf8Bytes(data, type));

    /// <inheritdoc cref="End(string, ReadOnlySpan{byte})"/>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="topic">The frame's type without the prefix, which is added.</param>
    /// <param name="data">The data.</param>
    /// <param name="type">Source-generated metadata of <typeparamref name="T"/>.</param>
    public bool End<T>(string topic, T data, JsonTypeInfo<T> type) => End(topic, JsonSerializer.SerializeToUtf8Bytes(data, type));
}
