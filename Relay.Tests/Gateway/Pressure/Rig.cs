using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Core;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Pressure;

/// <summary>A relay with the plugins of these tests, on a clock that the test moves, and views of what it holds.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private Rig(RelayServer server, Stage stage, ManualTime time, RecordingLogs logs) => (Server, Stage, Time, Logs) = (server, stage, time, logs);

    public RelayServer Server { get; }

    public Stage Stage { get; }

    public ManualTime Time { get; }

    public RecordingLogs Logs { get; }

    public GatewayCounters Gateway => Server.Services.GetRequiredService<GatewayCounters>();

    public RuntimeCounters Runtime => Server.Services.GetRequiredService<InProcessRuntime>().Counters;

    public ConnectionRegistry Registry => Server.Services.GetRequiredService<ConnectionRegistry>();

    public static async Task<Rig> StartAsync(Func<RelaySettings, RelaySettings>? change = null, Action<IServiceCollection>? plugins = null)
    {
        var (stage, time, logs) = (new Stage(), new ManualTime(), new RecordingLogs());
        var server = await RelayServer.StartAsync(
            settings => (change ?? (static same => same))(settings with
            {
                Plugins = settings.Plugins with { HandlerTimeout = TimeSpan.FromDays(1) },
                Logging = settings.Logging with { Level = LogLevel.Warning },
            }),
            services =>
            {
                services.AddSingleton(stage);
                services.AddSingleton<ILoggerProvider>(logs);
                services.AddRelayPlugin<PoolPlugin>().AddRelayPlugin<InlinePlugin>().AddRelayPlugin<HangPlugin>()
                    .AddRelayPlugin<BigPlugin>().AddRelayPlugin<CrashPlugin>();
                plugins?.Invoke(services);
            },
            time);
        return new(server, stage, time, logs);
    }

    public static string Message(string type, int requestId, string data = "null", string? session = null) =>
        $$"""{"type":"{{type}}","request_id":"{{requestId}}","data":{{data}}{{(session is null ? "" : $",\"session_id\":\"{session}\"")}}}""";

    public static byte[] Masked(string text) => RawWebSocketClient.Frame(Opcode.Text, Encoding.UTF8.GetBytes(text));

    /// <summary>Awaits the answer, or error, of a request.</summary>
    public static Task<JsonElement> AnswerAsync(RawWebSocketClient client, int requestId) =>
        client.ReceiveJsonAsync(json => json.TryGetProperty("request_id", out var id) && id.ValueEquals(requestId.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    public static string? Error(JsonElement json) => json.TryGetProperty("error", out var error) ? error.GetString() : null;

    public async Task<RawWebSocketClient> JoinAsync(string user = "alice") => (await Server.JoinAsync(user)).Client;

    /// <summary>Awaits that the directory of hubs says so: it hears of leaving connections a turn or two after the sockets.</summary>
    public async Task HubsBecomeAsync(int? hubs, long clients)
    {
        var runtime = Server.Services.GetRequiredService<IRelayRuntime>();
        var patience = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var page = await runtime.ListHubsAsync(TenantId.Default, null, 1);
            var expected = (hubs ?? page.Total, clients);
            if ((page.Total, page.Connections) == expected) return;
            if (TimeProvider.System.GetElapsedTime(patience) > Stage.Bound) Assert.Equal(expected, (page.Total, page.Connections));
            await Task.Yield();
        }
    }

    /// <summary>Awaits a state that no event tells.</summary>
    public static async Task BecomesAsync(Func<bool> state)
    {
        var patience = TimeProvider.System.GetTimestamp();
        while (!state())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(patience) < Stage.Bound, "The state was not reached.");
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Stage.OpenAll();
        await Server.DisposeAsync();
    }

    /// <summary>Keeps what is logged at Warning and above.</summary>
    internal sealed class RecordingLogs : ILoggerProvider
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Recorder(RecordingLogs logs, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel)) logs.Lines.Enqueue($"{category} {logLevel}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
