using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Core.Protocol;

namespace Relay.Core.Plugins;

/// <summary>A plugin that can be used: what its class declares, checked, and how instances are made.</summary>
public sealed class PluginDescriptor
{
    private const int MaxPrefixLength = 64;

    private readonly ObjectFactory _factory;
    private readonly bool _takesServices;

    private PluginDescriptor(PluginRegistration registration, RelayPluginAttribute attribute, PluginSettings settings, ObjectFactory factory)
    {
        Registration = registration;
        Prefix = attribute.Prefix;
        AutoStart = attribute.AutoStart;
        Inline = attribute.Inline;
        RequiredScope = attribute.RequiredScope;
        Settings = settings;
        IdempotentTopics = [.. attribute.IdempotentTopics.Concat(typeof(RelayPlugin).IsAssignableFrom(Type) ? HandlerTable.Of(Type).Idempotent : []).Distinct(StringComparer.Ordinal)];
        _factory = factory;
        _takesServices = Type.GetConstructors().Any(constructor => constructor.GetParameters().Length > 0);
    }

    /// <summary>The prefix of the message types that the plugin takes.</summary>
    public string Prefix { get; }

    /// <summary>The plugin's name in settings and metrics: the prefix without its last <c>_</c>.</summary>
    public string Name => NameOf(Prefix);

    /// <summary>The plugin's class.</summary>
    public Type Type => Registration.Type;

    /// <summary>Whether an instance starts together with the user's hub.</summary>
    public bool AutoStart { get; }

    /// <summary>Whether handlers may run on the thread that received the message.</summary>
    public bool Inline { get; }

    /// <summary>The scope that a sender needs, or null.</summary>
    public string? RequiredScope { get; }

    /// <summary>The topics whose messages may be handled twice.</summary>
    public IReadOnlyList<string> IdempotentTopics { get; }

    /// <summary>The plugin's own settings.</summary>
    public PluginSettings Settings { get; }

    internal PluginRegistration Registration { get; }

    /// <summary>Makes an instance. Its constructor is given services of a scope of its own, which ends with it.</summary>
    /// <param name="services">The host's services.</param>
    /// <returns>The instance, not started.</returns>
    /// <remarks>What the constructor throws comes through: it is plugin code.</remarks>
    public PluginInstance Create(IServiceProvider services)
    {
        // A scope that nobody can see would only cost memory, once for every user.
        if (!_takesServices) return new((IRelayPlugin)_factory(services, []), null);
        var scope = services.CreateAsyncScope();
        try
        {
            return new((IRelayPlugin)_factory(scope.ServiceProvider, []), scope);
        }
        catch
        {
            _ = DiscardAsync(scope);
            throw;
        }
    }

    /// <summary>Checks a class.</summary>
    /// <param name="registration">The class.</param>
    /// <param name="settings">Gives a plugin's settings by its name.</param>
    /// <param name="services">Tells which services the host has, or null when that is not known yet.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <returns>The plugin, or null when something is wrong.</returns>
    internal static PluginDescriptor? TryRead(PluginRegistration registration, Func<string, PluginSettings> settings, IServiceProviderIsService? services, ICollection<string> faults)
    {
        var found = new List<string>();
        PluginDescriptor? plugin = null;
        try
        {
            plugin = Read(registration, settings, services, found);
        }
        catch (Exception error)
        {
            // Reading a class runs code of its author: attributes, static constructors, whatever its signatures need loaded.
            found.Add($"cannot be examined: {(error.InnerException ?? error).Message}");
        }

        foreach (var fault in found) faults.Add($"plugin {registration}: {fault}");
        return plugin;
    }

    private static PluginDescriptor? Read(PluginRegistration registration, Func<string, PluginSettings> settings, IServiceProviderIsService? services, List<string> found)
    {
        var type = registration.Type;
        var attribute = type.GetCustomAttribute<RelayPluginAttribute>(inherit: false);
        if (attribute is null) found.Add("has no [RelayPlugin] attribute");
        else if (!IsPrefix(attribute.Prefix)) found.Add($"has the prefix '{attribute.Prefix}': a prefix is made of a-z, 0-9 and _, does not begin with _, ends with _ and has 2 to {MaxPrefixLength} characters");
        else if (Frames.Reserved.FirstOrDefault(type => type.StartsWith(attribute.Prefix, StringComparison.Ordinal)) is { } own) found.Add($"has the prefix '{attribute.Prefix}': frames of the type {own} are the relay's own");
        if (attribute?.IdempotentTopics.Any(string.IsNullOrEmpty) == true) found.Add("declares an empty topic to be idempotent");
        if (attribute?.RequiredScope is { } scope && string.IsNullOrWhiteSpace(scope)) found.Add("requires a scope without a name");
        if (!typeof(IRelayPlugin).IsAssignableFrom(type)) found.Add("does not implement IRelayPlugin");
        if (!type.IsClass || type.IsAbstract || type.ContainsGenericParameters)
        {
            found.Add("is abstract, generic or no class, so no instance can be made");
            return null;
        }

        var factory = FactoryOf(type, found);
        if (factory is not null && services is not null) found.AddRange(MissingServices(type, services));
        if (typeof(RelayPlugin).IsAssignableFrom(type)) found.AddRange(HandlerTable.Of(type).Faults);
        else if (HandlerTable.HasHandlers(type)) found.Add("has methods with [Topic] but does not derive from RelayPlugin, so nobody would call them");
        return found.Count > 0 ? null : new(registration, attribute!, settings(NameOf(attribute!.Prefix)), factory!);
    }

    private static string NameOf(string prefix) => prefix[..^1];

    private static bool IsPrefix(string prefix) => prefix is [not '_', .., '_'] && prefix.Length <= MaxPrefixLength
        && prefix.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static ObjectFactory? FactoryOf(Type type, List<string> faults)
    {
        try
        {
            return ActivatorUtilities.CreateFactory(type, []);
        }
        catch (InvalidOperationException)
        {
            faults.Add("needs exactly one public constructor, or one with [ActivatorUtilitiesConstructor]");
            return null;
        }
    }

    /// <summary>What the constructor takes and the host does not have. Keyed services and those with a default value are not looked at.</summary>
    private static IEnumerable<string> MissingServices(Type type, IServiceProviderIsService services)
    {
        var constructors = type.GetConstructors();
        var constructor = constructors.Length == 1 ? constructors[0] : constructors.Single(one => one.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)));
        return constructor.GetParameters()
            .Where(parameter => !parameter.HasDefaultValue && !parameter.IsDefined(typeof(FromKeyedServicesAttribute)) && !services.IsService(parameter.ParameterType))
            .Select(parameter => $"needs a {parameter.ParameterType} for its constructor, which the host's services do not have{Hint(parameter.ParameterType)}");
    }

    // By its name: this project knows nothing of the cluster's packages.
    private static string Hint(Type service) => service.Namespace is "Orleans" ? "; grains are there in a cluster only (Relay.Silo, roles silo and all)" : "";

    /// <summary>Ends the scope of an instance that was never made. The constructor's exception is the one that matters.</summary>
    private static async Task DiscardAsync(AsyncServiceScope scope)
    {
        try
        {
            await scope.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // A service that cannot be disposed has been made by the plugin's author, who is told of the constructor's exception.
        }
    }
}
