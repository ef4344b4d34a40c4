using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Relay.Core.Runtime;
using Relay.Gateway.Api;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Hosting;

/// <summary>The relay as a host: built from the settings alone, run until it is told to stop.</summary>
internal static class RelayHost
{
    // What a stop may take beyond its own time before it is given up.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    // And what it may take from a second signal on.
    private static readonly TimeSpan HurriedLimit = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(RelaySettings settings, Stream? logFile, TextWriter output, Action<IServiceCollection>? configure = null)
    {
        var app = Build(settings, logFile, configure);
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await RunAsync(app, settings, output);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop before it had started: that is a stop like any other.
        }
    }

    /// <summary>Runs what was built, and says where it listens.</summary>
    public static async Task RunAsync(WebApplication app, RelaySettings settings, TextWriter output)
    {
        using var signals = new StopSignals();
        var isStuck = false;
        try
        {
            await ServeAsync(app, settings, output);
            isStuck = !await StopsInTimeAsync(app, signals.Hurry);
        }
        finally
        {
            if (!isStuck) await app.DisposeAsync();
        }

        if (isStuck) throw new IOException("the stop did not end in its time (server.drain_timeout and what comes after it); the process ends now");
    }

    private static async Task ServeAsync(WebApplication app, RelaySettings settings, TextWriter output)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var told = app.Lifetime.ApplicationStopping.Register(stopping.SetResult);

        // Not every part gives its start up by itself when the process is told to stop: a silo waits for its cluster.
        try
        {
            await app.StartAsync().WaitAsync(app.Lifetime.ApplicationStopping);
        }
        catch (SocketException error)
        {
            // Kestrel says only of an address in use which one it is.
            var metrics = settings.Metrics.Enabled ? $" or metrics.host {settings.Metrics.Host}, port {settings.Metrics.Port}" : "";
            throw new IOException($"cannot listen at server.host {settings.Server.Host}, port {settings.Server.Port}{metrics}: {error.Message}", error);
        }

        // In the order in which CreateBuilder listens.
        await output.WriteLineAsync("relay listening on " + app.Urls.First());
        if (settings.Metrics.Enabled)
            await output.WriteLineAsync("relay metrics on " + app.Urls.Last() + MetricsEndpoint.Path);
        await stopping.Task;
    }

    // Not every part lets go when its time is up: a silo whose table of members is away would go on for minutes.
    private static async Task<bool> StopsInTimeAsync(WebApplication app, CancellationToken hurry)
    {
        var (time, limit) = (app.Services.GetRequiredService<TimeProvider>(), app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + Margin);
        var stopped = StopAsync(app, hurry);
        try
        {
            await stopped.WaitAsync(limit, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await stopped.WaitAsync(hurry.IsCancellationRequested ? HurriedLimit : TimeSpan.Zero, time, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task StopAsync(WebApplication app, CancellationToken hurry)
    {
        try
        {
            await app.StopAsync(hurry);
        }
        catch (Exception error) when (hurry.IsCancellationRequested && IsCancellation(error))
        {
            // Who is in a hurry has given up whatever did not end.
        }
    }

    /// <summary>The relay in one process.</summary>
    public static WebApplication Build(RelaySettings settings, Stream? logFile, Action<IServiceCollection>? configure = null)
    {
        var builder = CreateBuilder("Relay.Gateway", settings, logFile);
        configure?.Invoke(builder.Services);
        builder.Services.AddRelay(settings).AddRelayPlugins(settings, PluginFiles.Load(settings.Plugins.Directory)).AddInProcessRuntime().AddRelayGateway(settings);
        var app = builder.Build();
        app.UseRelayGateway();
        return app;
    }

    /// <summary>A host that logs and listens as the settings say, with nothing behind it yet.</summary>
    public static WebApplicationBuilder CreateBuilder(string name, RelaySettings settings, Stream? logFile)
    {
        // Empty: ASPNETCORE_URLS, appsettings.json and the like must not say where the relay listens.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = name });
        builder.Logging.AddRelayLogging(settings.Logging, logFile);
        builder.Services.AddRoutingCore();

        // The drain keeps its own time; the server gets a moment more to let go of what the drain has closed.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Server.DrainTimeout + TimeSpan.FromSeconds(1));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var certificate = settings.Server.Tls.Enabled ? kestrel.ApplicationServices.GetRequiredService<TlsCertificate>() : null;
            var limits = kestrel.ApplicationServices.GetRequiredService<LimitTable>();
            Listen(kestrel, settings.Server.Host, settings.Server.Port, listener =>
            {
                if (settings.Limits.AddressConnections > 0) listener.CountAddresses(limits);
                certificate?.Serve(listener);
            });
            if (settings.Metrics.Enabled)
                Listen(kestrel, settings.Metrics.Host, settings.Metrics.Port, static listener => listener.OnlyMetrics());
        });

        // After Kestrel's own, which it takes the place of.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, BlockPoolFactory>();
        return builder;
    }

    /// <summary>The front door's addresses, over the runtime that was added.</summary>
    public static void UseRelayGateway(this WebApplication app, string? besideMetrics = null)
    {
        // Made before the first request, so that what is wrong with plugins or storage is a start-up error.
        var runtime = app.Services.GetRequiredService<IRelayRuntime>();
        runtime.Sockets.Serve(app.Services.GetRequiredService<GatewaySockets>());
        runtime.Nodes.Streams.Home = app.Services.GetRequiredService<StreamHome>();
        var requests = app.Services.GetRequiredService<OpenRequests>();
        app.UseRelayMetrics(besideMetrics);
        app.Use(next => context => requests.InvokeAsync(context, next));
        app.UseMiddleware<PathMiddleware>();
        app.UseRoutingErrors();
        app.UseRouting();
        app.MapConsole();
        app.MapHealth();
    }

    /// <summary>What an orchestrator asks.</summary>
    public static void MapHealth(this WebApplication app)
    {
        // Many a probe sends HEAD.
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        IReadiness[] parts = [.. app.Services.GetServices<IReadiness>()];
        app.MapMethods("/healthz/live", methods, () => Results.Ok());
        app.MapMethods("/healthz/ready", methods, () => parts.All(static part => part.IsReady) ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
    }

    private static bool IsCancellation(Exception error) =>
        error is OperationCanceledException || (error is AggregateException several && several.Flatten().InnerExceptions.All(static each => each is OperationCanceledException));

    private static void Listen(KestrelServerOptions kestrel, string host, int port, Action<ListenOptions> configure)
    {
        if (host == SettingForms.AnyHost)
            kestrel.ListenAnyIP(port, configure);
        // "Any free port" on both loopback addresses would be two ports, which Kestrel refuses.
        else if (host == SettingForms.Localhost && port != 0)
            kestrel.ListenLocalhost(port, configure);
        else
            kestrel.Listen(SettingForms.TryReadAddress(host, out var address) ? address : IPAddress.Loopback, port, configure);
    }
}
