using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Abstractions;
using Relay.Plugins.Ai;

namespace Relay.Tests.Plugins.Ai;

/// <summary>One user's instance of the plugin, its log and its clock.</summary>
internal sealed class AiHost : PluginContext, ILogger
{
    /// <summary>The hard bound of every wait.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public const string OneQuestion = """{"model":"m","messages":[{"role":"user","content":"the secret question"}]}""";

    private AiHost(Dictionary<string, string> settings) => Settings = new("ai", settings);

    public required IRelayPlugin Plugin { get; init; }
    public ManualTime Clock { get; } = new();
    public ConcurrentQueue<string> Logged { get; } = new();

    public override UserIdentity User { get; } = new("default", "alice");
    public override string Prefix => "ai_";
    public override PluginSettings Settings { get; }
    public override IPluginStore Store => throw new NotSupportedException();
    public override ILogger Log => this;
    public override TimeProvider Time => Clock;
    public override CancellationToken Stopping => default;

    /// <summary>An instance that uses a client of the host's.</summary>
    public static async Task<AiHost> WithAsync(IChatClient client, Dictionary<string, string>? settings = null) =>
        await StartAsync(new(settings ?? []) { Plugin = new AiPlugin(client) });

    /// <summary>An instance made as the relay makes it, from what the host has registered.</summary>
    public static async Task<AiHost> FromAsync(IServiceProvider services) =>
        await StartAsync(new([]) { Plugin = (IRelayPlugin)ActivatorUtilities.CreateFactory(typeof(AiPlugin), [])(services, []) });

    /// <summary>An instance that uses a configured upstream.</summary>
    public static async Task<AiHost> ConfiguredAsync(string? baseUrl, string? key = null)
    {
        var settings = new Dictionary<string, string>();
        if (baseUrl is not null)
            settings["upstream.base_url"] = baseUrl;
        if (key is not null)
            settings["upstream.api_key"] = key;
        return await StartAsync(new(settings) { Plugin = new AiPlugin() });
    }

    /// <summary>Hands a message over; the task is the handler's.</summary>
    public Task HandleAsync(AiMessage message) => Plugin.HandleAsync(message, default).AsTask().WaitAsync(Patience);

    /// <summary>Asks one question and gives everything that the client gets.</summary>
    public async Task<List<Sent>> ChatAsync(string data = OneQuestion)
    {
        var message = new AiMessage("chat", data);
        await HandleAsync(message);
        return message.Rest();
    }

    public override void Push(string topic, ReadOnlySpan<byte> data, string? sessionId = null, string? except = null) => throw new NotSupportedException();
    public override void PushTo(string connectionId, string topic, ReadOnlySpan<byte> data, string? sessionId = null) => throw new NotSupportedException();
    public override void JoinGroup(string group) => throw new NotSupportedException();
    public override void LeaveGroup(string group) => throw new NotSupportedException();
    public override void PushToGroup(string group, string topic, ReadOnlySpan<byte> data) => throw new NotSupportedException();
    public override void End() => throw new NotSupportedException();

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Logged.Enqueue(formatter(state, exception) + exception);

    private static async Task<AiHost> StartAsync(AiHost host)
    {
        await host.Plugin.StartAsync(host, default);
        return host;
    }
}
