using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Relay.Abstractions;

/// <summary>What a plugin instance may use as long as it lives. After it has been replaced or stopped its calls do nothing.</summary>
public abstract class PluginContext
{
    /// <summary>The user whose instance this is, with the scopes and metadata of the connection that made the hub.</summary>
    public abstract UserIdentity User { get; }

    /// <summary>The plugin's prefix.</summary>
    public abstract string Prefix { get; }

    /// <summary>The plugin's own settings, from <c>plugins.&lt;prefix without _&gt;</c>.</summary>
    public abstract PluginSettings Settings { get; }

    /// <summary>Durable values of this plugin and user.</summary>
    public abstract IPluginStore Store { get; }

    /// <summary>A log whose category names the plugin. Never log a payload or a token.</summary>
    public abstract ILogger Log { get; }

    /// <summary>The clock and timers of the host.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Fires when the instance has to end.</summary>
    public abstract CancellationToken Stopping { get; }

    /// <summary>Sends a frame to all of the user's connections. A connection whose outbox is full is closed as a slow consumer.</summary>
    /// <param name="topic">The frame's type without the prefix, which is added.</param>
    /// <param name="data">Raw UTF-8 JSON, or empty for no <c>data</c>.</param>
    /// <param name="sessionId">The frame's <c>session_id</c>, or null.</param>
    /// <param name="except">A connection that does not get the frame, or null.</param>
    public abstract void Push(string topic, ReadOnlySpan<byte> data, string? sessionId = null, string? except = null);

    /// <summary>Sends a frame to one of the user's connections; nothing happens when it is gone.</summary>
    /// <param name="connectionId">The connection.</param>
    /// <param name="topic">The frame's type without the prefix, which is added.</param>
    /// <param name="data">Raw UTF-8 JSON, or empty for no <c>data</c>.</param>
    /// <param name="sessionId">The frame's <c>session_id</c>, or null.</param>
    public abstract void PushTo(string connectionId, string topic, ReadOnlySpan<byte> data, string? sessionId = null);

    /// <summary>Makes the user a member of a group of the tenant, as long as the user's hub lives.</summary>
    /// <param name="group">1 to 256 bytes of UTF-8.</param>
    public abstract void JoinGroup(string group);

    /// <summary>Ends the user's membership in a group.</summary>
    /// <param name="group">1 to 256 bytes of UTF-8.</param>
    public abstract void LeaveGroup(string group);

    /// <summary>Sends a frame to all connections of all members of a group of the tenant.</summary>
    /// <param name="group">1 to 256 bytes of UTF-8.</param>
    /// <param name="topic">The frame's type without the prefix, which is added.</param>
    /// <param name="data">Raw UTF-8 JSON, or empty for no <c>data</c>.</param>
    public abstract void PushToGroup(string group, string topic, ReadOnlySpan<byte> data);

    /// <summary>Ends this instance in good order once its handlers are done; the next message starts a new one, which is not a crash.</summary>
    public abstract void End();

    /// <inheritdoc cref="Push(string, ReadOnlySpan{byte}, string?, string?)"/>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="topic">The frame's type without the prefix, which is added.</param>
    /// <param name="data">The data.</param>
    /// <param name="type">Source-generated metadata of <typeparamref name="T"/>.</param>
    /// <param name="sessionId">The frame's <c>session_id</c>, or null.</param>
    /// <param name="except">A connection that does not get the frame, or null.</param>
    public void Push<T>(string topic, T data, JsonTypeInfo<T> type, string? sessionId = null, string? except = null) =>
        Push(topic, JsonSerializer.SerializeToUtf8Bytes(data, type), sessionId, except);
}
