using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Relay.Abstractions;

/// <summary>Checks a handler method and makes the delegate that calls it, so that a message is dispatched without reflection.</summary>
internal static class HandlerBinder
{
    private const string Signature = "a handler takes optionally its data, then a PluginMessage, then optionally a CancellationToken";

    public static bool TryBind(MethodInfo method, JsonSerializerContext? json, [NotNullWhen(true)] out PluginHandler? handler, [NotNullWhen(false)] out string? fault)
    {
        handler = null;
        fault = FaultOf(method);
        if (fault is not null) return false;
        var parameters = method.GetParameters();
        var takesToken = parameters[^1].ParameterType == typeof(CancellationToken);
        if (parameters[0].ParameterType == typeof(PluginMessage))
        {
            handler = Bind(typeof(PlainHandlers<>).MakeGenericType(method.DeclaringType!), [method, takesToken]);
            return true;
        }

        var data = parameters[0];
        if (json is null)
        {
            fault = $"takes {data.ParameterType.Name}: derive the class from RelayPlugin<TJson>, with a JsonSerializerContext that knows the type";
            return false;
        }

        if (json.GetTypeInfo(data.ParameterType) is not { } type)
        {
            fault = $"takes {data.ParameterType}, which {json.GetType().Name} does not know: add [JsonSerializable(typeof({data.ParameterType.Name}))] there";
            return false;
        }

        handler = Bind(typeof(TypedHandlers<,>).MakeGenericType(method.DeclaringType!, data.ParameterType), [method, takesToken, type, MayBeNull(data)]);
        return true;
    }

    private static PluginHandler Bind(Type shapes, object[] arguments) =>
        (PluginHandler)shapes.GetMethod("Bind", BindingFlags.Static | BindingFlags.Public)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private static string? FaultOf(MethodInfo method)
    {
        if (method.IsStatic) return "is static: a handler is a method of the instance";
        if (method.ContainsGenericParameters) return "is generic: a handler is not";
        var result = method.ReturnType;
        if (result != typeof(void) && result != typeof(Task) && result != typeof(ValueTask)) return $"returns {result.Name}: a handler returns void, Task or ValueTask";
        if (result == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute))) return "is async void: an exception out of it would end the process; return a Task or a ValueTask";
        var types = method.GetParameters().Select(parameter => parameter.ParameterType).ToList();
        if (types.Any(type => type.IsByRef || type.IsByRefLike || type.IsPointer)) return $"takes a parameter by reference: {Signature}";
        if (types.Count > 0 && types[^1] == typeof(CancellationToken)) types.RemoveAt(types.Count - 1);
        var fits = types is [var only] ? only == typeof(PluginMessage)
            : types is [var data, var message] && message == typeof(PluginMessage) && data != typeof(PluginMessage) && data != typeof(CancellationToken);
        return fits ? null : $"has a signature that no handler has: {Signature}";
    }

    private static bool MayBeNull(ParameterInfo data) => data.ParameterType.IsValueType
        ? Nullable.GetUnderlyingType(data.ParameterType) is not null
        : new NullabilityInfoContext().Create(data).WriteState == NullabilityState.Nullable;
}
