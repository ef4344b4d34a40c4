using System.Text.Json.Serialization;

namespace Relay.Abstractions;

/// <summary>The base of a plugin whose handlers are methods, one for each topic.</summary>
/// <remarks>
/// Handlers carry <see cref="TopicAttribute"/>; what is wrong with them is found when the plugin is registered. A message
/// whose topic has no handler goes to <see cref="OnMessageAsync"/>, which answers <c>unknown_topic</c> unless it is
/// overridden: an author who prefers a switch writes it there, or implements <see cref="IRelayPlugin"/> without this class.
/// A handler that takes its <c>data</c> typed needs <see cref="RelayPlugin{TJson}"/>.
/// </remarks>
/// <example>
/// <code>
/// [RelayPlugin("clock_")]
/// public sealed class ClockPlugin : RelayPlugin
/// {
///     [Topic("now")]
///     public void Now(PluginMessage message) =>
///         message.Reply("time", Encoding.UTF8.GetBytes($"\"{Context.Time.GetUtcNow():O}\""));
/// }
/// </code>
/// </example>
public abstract class RelayPlugin : IRelayPlugin
{
    private readonly HandlerTable _handlers;
    private PluginContext? _context;

    /// <summary>Makes the instance.</summary>
    /// <exception cref="InvalidOperationException">The class has handlers that cannot be called.</exception>
    protected RelayPlugin()
    {
        _handlers = HandlerTable.Of(GetType());
        if (_handlers.Faults.Count > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, _handlers.Faults));
    }

    /// <summary>What this instance may use as long as it lives.</summary>
    /// <exception cref="InvalidOperationException">The instance has not been started: use <see cref="OnStartAsync"/> instead of the constructor.</exception>
    protected PluginContext Context => _context ?? throw new InvalidOperationException("A plugin has its context from OnStartAsync on, not in its constructor.");

    /// <summary>Called once before anything else; <see cref="Context"/> is there. Messages wait meanwhile.</summary>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the instance is ready for messages.</returns>
    protected virtual ValueTask OnStartAsync(CancellationToken cancellation) => default;

    /// <summary>Handles a message whose topic has no handler; unless overridden it is answered with <c>unknown_topic</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the message is handled.</returns>
    protected virtual ValueTask OnMessageAsync(PluginMessage message, CancellationToken cancellation)
    {
        message.Fail("unknown_topic", "This plugin has no such topic.");
        return default;
    }

    /// <summary>The user's client count went from 0 to 1.</summary>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the handler is done.</returns>
    protected virtual ValueTask OnResumeAsync(CancellationToken cancellation) => default;

    /// <summary>The user's client count went from 1 to 0.</summary>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the handler is done.</returns>
    protected virtual ValueTask OnShutdownAsync(CancellationToken cancellation) => default;

    /// <summary>The instance is about to end in good order; it has <c>hub.cancel_timeout</c> for this.</summary>
    /// <param name="cancellation">Fires when the time is over.</param>
    /// <returns>A task that ends when the instance is done.</returns>
    protected virtual ValueTask OnStopAsync(CancellationToken cancellation) => default;

    ValueTask IRelayPlugin.StartAsync(PluginContext context, CancellationToken cancellation)
    {
        _context = context;
        return OnStartAsync(cancellation);
    }

    ValueTask IRelayPlugin.HandleAsync(PluginMessage message, CancellationToken cancellation) =>
        _handlers.TryFind(message.Topic, out var handler) ? handler(this, message, cancellation) : OnMessageAsync(message, cancellation);

    ValueTask IRelayPlugin.ResumeAsync(CancellationToken cancellation) => OnResumeAsync(cancellation);

    ValueTask IRelayPlugin.ShutdownAsync(CancellationToken cancellation) => OnShutdownAsync(cancellation);

    ValueTask IRelayPlugin.StopAsync(CancellationToken cancellation) => OnStopAsync(cancellation);
}

/// <summary>A <see cref="RelayPlugin"/> whose handlers may take the message's <c>data</c> typed.</summary>
/// <remarks>
/// Data that does not fit the type is answered with <c>invalid_data</c> and the JSON path of the fault, and the handler is
/// not called; so is missing or <c>null</c> data, unless the parameter is nullable (<c>Filter? filter</c>).
/// </remarks>
/// <typeparam name="TJson">The source-generated context that knows the types of <c>data</c>.</typeparam>
/// <example>
/// <code>
/// public sealed record Sum(int A, int B);
///
/// [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
/// [JsonSerializable(typeof(Sum)), JsonSerializable(typeof(int))]
/// public sealed partial class CalcJson : JsonSerializerContext;
///
/// [RelayPlugin("calc_")]
/// public sealed class CalcPlugin : RelayPlugin&lt;CalcJson&gt;
/// {
///     [Topic("add")]
///     public void Add(Sum sum, PluginMessage message) => message.Reply("sum", sum.A + sum.B, CalcJson.Default.Int32);
/// }
/// </code>
/// </example>
public abstract class RelayPlugin<TJson> : RelayPlugin
    where TJson : JsonSerializerContext;
