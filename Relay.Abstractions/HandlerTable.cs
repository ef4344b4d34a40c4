using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Relay.Abstractions;

/// <summary>Calls one handler of an instance.</summary>
internal delegate ValueTask PluginHandler(RelayPlugin plugin, PluginMessage message, CancellationToken cancellation);

/// <summary>The handlers of a plugin class by topic. Made once for a class, when it is registered, and then only read.</summary>
internal sealed class HandlerTable
{
    private static readonly ConcurrentDictionary<Type, HandlerTable> Tables = new();

    private readonly FrozenDictionary<string, PluginHandler> _handlers;

    private HandlerTable(Type plugin)
    {
        var handlers = new Dictionary<string, PluginHandler>(StringComparer.Ordinal);
        var owners = new Dictionary<string, MethodInfo>(StringComparer.Ordinal);
        var (idempotent, faults) = (new List<string>(), new List<string>());
        var json = JsonOf(plugin, faults);
        foreach (var (method, topics) in HandlersOf(plugin))
        {
            if (!HandlerBinder.TryBind(method, json, out var handler, out var fault))
            {
                faults.Add($"{Named(method)} {fault}");
                continue;
            }

            foreach (var (topic, isIdempotent) in topics)
            {
                if (isIdempotent) idempotent.Add(topic);
                if (string.IsNullOrEmpty(topic)) faults.Add($"{Named(method)} has an empty topic");
                else if (!owners.TryAdd(topic, method)) faults.Add($"{Named(method)} and {Named(owners[topic])} both handle the topic '{topic}'");
                else handlers.Add(topic, handler);
            }
        }

        _handlers = handlers.ToFrozenDictionary(StringComparer.Ordinal);
        (Idempotent, Faults) = (idempotent, faults);
    }

    /// <summary>The topics that are declared to be idempotent.</summary>
    public IReadOnlyList<string> Idempotent { get; }

    /// <summary>What is wrong with the class's handlers, a sentence each; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults { get; }

    public static HandlerTable Of(Type plugin) => Tables.GetOrAdd(plugin, static type => new(type));

    /// <summary>Whether a class has methods with <see cref="TopicAttribute"/>.</summary>
    public static bool HasHandlers(Type type) => HandlersOf(type).Any();

    public bool TryFind(string topic, [NotNullWhen(true)] out PluginHandler? handler) => _handlers.TryGetValue(topic, out handler);

    /// <summary>The methods from the class down to its bases, private ones included. An override with topics of its own replaces its base's.</summary>
    private static IEnumerable<(MethodInfo Method, (string Name, bool Idempotent)[] Topics)> HandlersOf(Type plugin)
    {
        var seen = new HashSet<MethodInfo>();
        for (var type = plugin; type is not null && type != typeof(RelayPlugin) && type != typeof(object); type = type.BaseType)
        {
            foreach (var method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                var topics = method.GetCustomAttributes<TopicAttribute>(inherit: false).Select(attribute => (attribute.Topic, attribute.Idempotent)).ToArray();
                if (topics.Length > 0 && seen.Add(method.GetBaseDefinition())) yield return (method, topics);
            }
        }
    }

    private static JsonSerializerContext? JsonOf(Type plugin, List<string> faults)
    {
        for (var type = plugin; type is not null; type = type.BaseType)
        {
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(RelayPlugin<>)) continue;
            // The source generator gives every context this property; only it has the options that the author declared.
            var json = type.GetGenericArguments()[0];
            var context = json.GetProperty("Default", BindingFlags.Static | BindingFlags.Public, null, json, [], null)?.GetValue(null);
            if (context is null) faults.Add($"{plugin.FullName}: {json.FullName} has no static property Default; make it a partial class with [JsonSerializable] attributes");
            return (JsonSerializerContext?)context;
        }

        return null;
    }

    private static string Named(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}";
}
