using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Support;

/// <summary>
/// The real relay on a free port of the loopback interface, its database and its plugin folder in a temporary directory of its own.
/// Its clients end with it, at the latest.
/// </summary>
internal sealed class RelayServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;
    private readonly ManualTime? _time;
    private readonly List<IAsyncDisposable> _clients = [];
    private bool _stopped;

    private RelayServer(WebApplication app, DirectoryInfo folder, ManualTime? time)
    {
        (_app, _folder, _time) = (app, folder, time);
        Url = new Uri(app.Urls.First());
        MetricsUrl = new Uri(app.Urls.Last());
    }

    public Uri Url { get; }

    public int Port => Url.Port;

    /// <summary>The listener of <c>/metrics</c>, where there is one.</summary>
    public Uri MetricsUrl { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a relay.</summary>
    /// <param name="change">Changes the settings: those of the defaults, but port 0, no log and paths that are the server's own.</param>
    /// <param name="services">Adds to the host's services, plugins first of all: <c>services.AddRelayPlugin&lt;T&gt;()</c>.</param>
    /// <param name="time">The clock of everything in the relay; the system's when there is none.</param>
    /// <param name="identities">Who connects; <c>?user_id=</c> says it when there is none.</param>
    /// <param name="logFile">The opened file to log to, where the settings name one.</param>
    public static async Task<RelayServer> StartAsync(
        Func<RelaySettings, RelaySettings>? change = null,
        Action<IServiceCollection>? services = null,
        TimeProvider? time = null,
        IIdentitySource? identities = null,
        Stream? logFile = null)
    {
        var folder = Directory.CreateTempSubdirectory("relay-server-");
        try
        {
            var settings = new RelaySettings
            {
                Server = new RelayServerOptions { Port = 0 },
                Metrics = new RelayMetricsOptions { Port = 0 },
                Logging = new RelayLoggingOptions { Level = LogLevel.None },
                Plugins = new RelayPluginsOptions { Directory = Path.Combine(folder.FullName, "plugins") },
                Storage = new RelayStorageOptions { Sqlite = new RelaySqliteOptions { Path = Path.Combine(folder.FullName, "relay.db") } },
            };
            var app = RelayHost.Build(change?.Invoke(settings) ?? settings, logFile, collection =>
            {
                if (time is not null) collection.AddSingleton(time);
                if (identities is not null) collection.AddSingleton(identities);
                services?.Invoke(collection);
            });
            await app.StartAsync().WaitAsync(Bound);
            return new(app, folder, time as ManualTime);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>A raw client, past the upgrade. The target goes on the wire as it is given.</summary>
    public async Task<RawWebSocketClient> ConnectAsync(string target = "/ws?user_id=alice", params (string Name, string Value)[] headers) =>
        Own(await RawWebSocketClient.ConnectAsync(Port, target, headers));

    /// <summary>A raw client and the answer to its upgrade, whatever it is.</summary>
    public async Task<RawWebSocketClient> TryConnectAsync(string target, params (string Name, string Value)[] headers) =>
        Own(await RawWebSocketClient.TryConnectAsync(Port, target, headers));

    /// <summary>A raw client of a user, past its welcome.</summary>
    public async Task<(RawWebSocketClient Client, JsonElement Welcome)> JoinAsync(string user = "alice", string path = "/ws")
    {
        var client = await ConnectAsync($"{path}?user_id={Uri.EscapeDataString(user)}");
        return (client, await client.ReceiveJsonAsync("welcome"));
    }

    /// <summary>The framework's client, as a program of one's own would use it.</summary>
    public async Task<ClientWebSocket> ConnectClientAsync(string target = "/ws?user_id=alice")
    {
        var client = new ClientWebSocket();
        lock (_clients) _clients.Add(new Disposable(client));
        client.Options.AddSubProtocol("relay.v1");
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{Port}{target}"), CancellationToken.None).WaitAsync(Bound);
        return client;
    }

    /// <summary>Stops the relay as a signal would: a drain, then the end.</summary>
    public Task StopAsync()
    {
        _stopped = true;
        return _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // The test is over: nobody waits for what a plugin still has under way, nor for a peer to say goodbye.
        foreach (var client in _clients) await client.DisposeAsync();
        if (!_stopped)
        {
            _app.Services.GetRequiredService<ConnectionRegistry>().CloseAll();
            var stopped = _app.StopAsync();

            // What still waits for a test's own clock ends by it.
            while (_time is not null && !stopped.IsCompleted)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.WhenAny(stopped, Task.Run(static () => { }));
            }

            await stopped.WaitAsync(Bound);
        }

        await _app.DisposeAsync();
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Some systems keep loaded plugin assemblies locked.
        }
    }

    private RawWebSocketClient Own(RawWebSocketClient client)
    {
        lock (_clients) _clients.Add(client);
        return client;
    }

    private sealed class Disposable(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return default;
        }
    }
}
