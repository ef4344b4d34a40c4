using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Relay.Abstractions;

/// <summary>Calls a handler with data that has been read; null only where the handler allows it.</summary>
internal delegate ValueTask TypedCall<TPlugin, TData>(TPlugin plugin, TData data, PluginMessage message, CancellationToken cancellation);

/// <summary>Delegates over handlers that take their data typed.</summary>
internal static class TypedHandlers<TPlugin, TData>
    where TPlugin : RelayPlugin
{
    // A client chooses the keys of a dictionary, and so the length of a path.
    private const int MaxPathLength = 200;

    /// <summary>Found by name, see <see cref="HandlerBinder"/>.</summary>
    public static PluginHandler Bind(MethodInfo method, bool takesToken, JsonTypeInfo<TData> type, bool mayBeNull)
    {
        var call = Open(method, takesToken);
        return (plugin, message, cancellation) =>
            TryRead(message, type, mayBeNull, out var data) ? call((TPlugin)plugin, data!, message, cancellation) : default;
    }

    private static bool TryRead(PluginMessage message, JsonTypeInfo<TData> type, bool mayBeNull, out TData? data)
    {
        data = default;
        string? path = null;
        try
        {
            data = message.ReadData(type);
            // A value type gives its default for missing data, which nobody has sent.
            if (mayBeNull || (data is not null && !message.Data.IsEmpty)) return true;
            message.Fail("invalid_data", "This message needs data.");
            return false;
        }
        catch (JsonException error)
        {
            path = error.Path;
        }
        catch (NotSupportedException)
        {
            // A type discriminator that is missing: the client's fault, although the serialiser does not call it one.
        }

        path = string.IsNullOrEmpty(path) ? "$" : path.Length > MaxPathLength ? path[..MaxPathLength] + "…" : path;
        message.Fail("invalid_data", $"The data does not fit at {path}.");
        return false;
    }

    private static TypedCall<TPlugin, TData> Open(MethodInfo method, bool takesToken)
    {
        if (method.ReturnType == typeof(void))
        {
            return takesToken
                ? Of(method.CreateDelegate<Action<TPlugin, TData, PluginMessage, CancellationToken>>())
                : Of(method.CreateDelegate<Action<TPlugin, TData, PluginMessage>>());
        }

        if (method.ReturnType == typeof(Task))
        {
            return takesToken
                ? Of(method.CreateDelegate<Func<TPlugin, TData, PluginMessage, CancellationToken, Task>>())
                : Of(method.CreateDelegate<Func<TPlugin, TData, PluginMessage, Task>>());
        }

        return takesToken
            ? method.CreateDelegate<TypedCall<TPlugin, TData>>()
            : Of(method.CreateDelegate<Func<TPlugin, TData, PluginMessage, ValueTask>>());
    }

    private static TypedCall<TPlugin, TData> Of(Action<TPlugin, TData, PluginMessage> call) => (plugin, data, message, _) =>
    {
        call(plugin, data, message);
        return default;
    };

    private static TypedCall<TPlugin, TData> Of(Action<TPlugin, TData, PluginMessage, CancellationToken> call) => (plugin, data, message, cancellation) =>
    {
        call(plugin, data, message, cancellation);
        return default;
    };

    private static TypedCall<TPlugin, TData> Of(Func<TPlugin, TData, PluginMessage, Task> call) => (plugin, data, message, _) => new(call(plugin, data, message));

    private static TypedCall<TPlugin, TData> Of(Func<TPlugin, TData, PluginMessage, CancellationToken, Task> call) =>
        (plugin, data, message, cancellation) => new(call(plugin, data, message, cancellation));

    private static TypedCall<TPlugin, TData> Of(Func<TPlugin, TData, PluginMessage, ValueTask> call) => (plugin, data, message, _) => call(plugin, data, message);
}
