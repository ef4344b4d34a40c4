using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Auth;

/// <summary>With every line switched on, no credential is in any of them.</summary>
public class SecretsInLogsTests
{
    [Fact]
    public async Task NoCredentialIsEverLogged()
    {
        var lines = new Lines();
        await using (var relay = await RelayServer.StartAsync(
            static settings => settings with { Logging = new() { Level = LogLevel.Trace, Output = "stdout" }, Auth = new() { Mode = Relay.Gateway.Hosting.AuthMode.Token } },
            services => services.AddSingleton<ILoggerProvider>(lines)))
        {
            const string Secret = "relay_verysecr_0123456789012345678901234567890123456789012";
            foreach (var secret in (string[])[Secret, "eyJ." + Secret, Secret + new string('x', 9000)])
            {
                await relay.TryConnectAsync("/ws?access_token=" + secret);
                await relay.TryConnectAsync("/v1/models?access_token=" + secret);
                await relay.TryConnectAsync("/t/a%zz/ws?access_token=" + secret);
                await relay.TryConnectAsync("/ws", ("Authorization", "Bearer " + secret));
                await relay.TryConnectAsync("/ws", ("Sec-WebSocket-Protocol", "relay.v1, bearer." + secret));
            }
        }

        Assert.NotEmpty(lines.All);
        Assert.DoesNotContain(lines.All, static line => line.Contains("verysecr", StringComparison.Ordinal) || line.Contains("access_token=", StringComparison.Ordinal));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            All.Add(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
