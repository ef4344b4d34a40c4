namespace Relay.Abstractions;

/// <summary>A plugin: one instance per user, which handles that user's messages one at a time.</summary>
/// <remarks>
/// An exception out of any of these methods, or a handler over <c>plugins.handler_timeout</c>, is a crash. After the first
/// crash a new instance is made at once, after the second the plugin is <c>failed</c> for this user. An instance that has
/// been replaced can no longer answer, push or write. Instances are disposed when they are <see cref="IAsyncDisposable"/>
/// or <see cref="IDisposable"/>.
/// </remarks>
public interface IRelayPlugin
{
    /// <summary>Called once before anything else. Messages wait meanwhile.</summary>
    /// <param name="context">What this instance may use as long as it lives.</param>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the instance is ready for messages.</returns>
    ValueTask StartAsync(PluginContext context, CancellationToken cancellation) => default;

    /// <summary>Handles one message. The next one of this user comes when this has returned, or has detached its request.</summary>
    /// <param name="message">The message and the ways to answer it.</param>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the handler is done.</returns>
    ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation);

    /// <summary>The user's client count went from 0 to 1.</summary>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the handler is done.</returns>
    ValueTask ResumeAsync(CancellationToken cancellation) => default;

    /// <summary>The user's client count went from 1 to 0.</summary>
    /// <param name="cancellation">Fires when the instance has to end.</param>
    /// <returns>A task that ends when the handler is done.</returns>
    ValueTask ShutdownAsync(CancellationToken cancellation) => default;

    /// <summary>The instance is about to end in good order; it has <c>hub.cancel_timeout</c> for this.</summary>
    /// <param name="cancellation">Fires when the time is over.</param>
    /// <returns>A task that ends when the instance is done.</returns>
    ValueTask StopAsync(CancellationToken cancellation) => default;
}
