using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;

namespace Relay.Core.Plugins;

/// <summary>One instance of a plugin's class with the services that were made for it.</summary>
public sealed class PluginInstance : IAsyncDisposable
{
    private readonly AsyncServiceScope? _scope;

    internal PluginInstance(IRelayPlugin plugin, AsyncServiceScope? scope) => (Plugin, _scope) = (plugin, scope);

    /// <summary>The instance.</summary>
    public IRelayPlugin Plugin { get; }

    /// <summary>Disposes the instance, where it can be, and then its services, also when the instance throws. The caller calls it once.</summary>
    /// <returns>A task that fails with what the plugin throws.</returns>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Plugin is IAsyncDisposable disposable) await disposable.DisposeAsync().ConfigureAwait(false);
            else (Plugin as IDisposable)?.Dispose();
        }
        finally
        {
            if (_scope is { } scope) await scope.DisposeAsync().ConfigureAwait(false);
        }
    }
}
