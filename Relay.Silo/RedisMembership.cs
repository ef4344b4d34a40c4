using Orleans.Clustering.Redis;
using Relay.Gateway.Hosting;
using StackExchange.Redis;

namespace Relay.Silo;

/// <summary>The cluster's membership in Redis: its connection string checked, and waited for at the start.</summary>
internal static partial class RedisMembership
{
    private const string ConnectionStringKey = ClusterSettings.Section + ".redis.connection_string";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>The connection string is one, as far as can be told without connecting. It may hold a password and is never quoted.</summary>
    public static SettingsCheck Check { get; } = new([ConnectionStringKey], (settings, _) =>
        settings.Cluster.Redis.ConnectionString is { Length: > 0 } text && Read(text) is null ? "is not a Redis connection string, such as redis-1:6379,redis-2:6379" : null);

    public static void AddRedisMembership(this IServiceCollection services, RelayClusterOptions cluster) => services
        .AddOptions<RedisClusteringOptions>()
        .Configure<TimeProvider, IHostApplicationLifetime, ILoggerFactory>((options, time, lifetime, logs) =>
        {
            options.ConfigurationOptions = Read(cluster.Redis.ConnectionString);
            options.CreateMultiplexer = each => ConnectAsync(each.ConfigurationOptions!, time, logs.CreateLogger(typeof(RedisMembership)), lifetime.ApplicationStopping);
        });

    private static ConfigurationOptions? Read(string text)
    {
        try
        {
            return ConfigurationOptions.Parse(text) is { EndPoints.Count: > 0 } options ? options : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Processes of a cluster are often started together, and Redis is one of them.
    private static async Task<(IConnectionMultiplexer Multiplexer, bool IsShared)> ConnectAsync(
        ConfigurationOptions options, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return (await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(stopping), false);
            }
            catch (RedisConnectionException error)
            {
                LogWaiting(logger, string.Join(',', options.EndPoints), error.FailureType);
                await Task.Delay(Pause, time, stopping);
            }
        }
    }

    [LoggerMessage(5020, LogLevel.Warning, "Waiting for Redis at {EndPoints}: {Failure}")]
    private static partial void LogWaiting(ILogger logger, string endPoints, ConnectionFailureType failure);
}
