using System.Reflection;

namespace Relay.Abstractions;

/// <summary>Delegates over handlers that take no typed data: each is one open delegate and allocates nothing when called.</summary>
internal static class PlainHandlers<TPlugin>
    where TPlugin : RelayPlugin
{
    /// <summary>Found by name, see <see cref="HandlerBinder"/>.</summary>
    public static PluginHandler Bind(MethodInfo method, bool takesToken)
    {
        if (method.ReturnType == typeof(void))
        {
            return takesToken
                ? Of(method.CreateDelegate<Action<TPlugin, PluginMessage, CancellationToken>>())
                : Of(method.CreateDelegate<Action<TPlugin, PluginMessage>>());
        }

        if (method.ReturnType == typeof(Task))
        {
            return takesToken
                ? Of(method.CreateDelegate<Func<TPlugin, PluginMessage, CancellationToken, Task>>())
                : Of(method.CreateDelegate<Func<TPlugin, PluginMessage, Task>>());
        }

        return takesToken
            ? Of(method.CreateDelegate<Func<TPlugin, PluginMessage, CancellationToken, ValueTask>>())
            : Of(method.CreateDelegate<Func<TPlugin, PluginMessage, ValueTask>>());
    }

    private static PluginHandler Of(Action<TPlugin, PluginMessage> call) => (plugin, message, _) =>
    {
        call((TPlugin)plugin, message);
        return default;
    };

    private static PluginHandler Of(Action<TPlugin, PluginMessage, CancellationToken> call) => (plugin, message, cancellation) =>
    {
        call((TPlugin)plugin, message, cancellation);
        return default;
    };

    private static PluginHandler Of(Func<TPlugin, PluginMessage, Task> call) => (plugin, message, _) => new(call((TPlugin)plugin, message));

    private static PluginHandler Of(Func<TPlugin, PluginMessage, CancellationToken, Task> call) =>
        (plugin, message, cancellation) => new(call((TPlugin)plugin, message, cancellation));

    private static PluginHandler Of(Func<TPlugin, PluginMessage, ValueTask> call) => (plugin, message, _) => call((TPlugin)plugin, message);

    private static PluginHandler Of(Func<TPlugin, PluginMessage, CancellationToken, ValueTask> call) =>
        (plugin, message, cancellation) => call((TPlugin)plugin, message, cancellation);
}
