using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Relay.Gateway.Hosting;

/// <summary>The relay as a host: built from the settings alone, run until it is told to stop.</summary>
internal static class RelayHost
{
    public static async Task RunAsync(RelaySettings settings, Stream? logFile, TextWriter output)
    {
        await using var app = Build(settings, logFile);
        await app.StartAsync();
        foreach (var url in app.Urls)
            await output.WriteLineAsync("relay listening on " + url);
        await app.WaitForShutdownAsync();
    }

    public static WebApplication Build(RelaySettings settings, Stream? logFile)
    {
        // Empty: ASPNETCORE_URLS, appsettings.json and the like must not say where the relay listens.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Relay.Gateway" });
        builder.Logging.AddRelayLogging(settings.Logging, logFile);
        builder.Services.AddSingleton(settings);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Server.DrainTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Listen(kestrel, settings.Server.Host, settings.Server.Port);
        });
        var app = builder.Build();
        app.UseRouting();
        app.MapGet("/healthz/live", () => Results.Ok());
        app.MapGet("/healthz/ready", () => Results.Ok());
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, string host, int port)
    {
        if (host == SettingForms.AnyHost)
            kestrel.ListenAnyIP(port);
        // "Any free port" on both loopback addresses would be two ports, which Kestrel refuses.
        else if (host == SettingForms.Localhost && port != 0)
            kestrel.ListenLocalhost(port);
        else
            kestrel.Listen(SettingForms.TryReadAddress(host, out var address) ? address : IPAddress.Loopback, port);
    }
}
