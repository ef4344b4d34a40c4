using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Gateway.Auth;
using Relay.Gateway.Auth.Tokens;

namespace Relay.Gateway.Hosting;

/// <summary>The parts that tell who it is, by <c>auth.mode</c>.</summary>
internal static class AuthServices
{
    public static IServiceCollection AddRelayAuth(this IServiceCollection services, AuthMode mode)
    {
        services.AddSingleton<AuthLog>();
        if (mode == AuthMode.None)
        {
            services.TryAddSingleton<IIdentitySource, OpenIdentitySource>();
            return services;
        }

        services.AddSingleton<JwkSets>();
        services.AddSingleton<TokenVerifier>();
        services.TryAddSingleton<IIdentitySource, TokenIdentitySource>();
        services.AddHostedService<Revocations>();
        return services;
    }

    /// <summary>Says at every start when anybody can be anyone.</summary>
    public static void WarnOfOpenDoors(this WebApplication app)
    {
        var settings = app.Services.GetRequiredService<RelaySettings>();
        if (settings.Auth.Mode == AuthMode.None && !SettingForms.IsLoopback(settings.Server.Host)) app.Services.GetRequiredService<AuthLog>().Insecure(settings.Server.Host);
    }
}
