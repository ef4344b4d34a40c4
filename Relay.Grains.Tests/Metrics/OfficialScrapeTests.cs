using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Telemetry;
using Relay.Silo;
using Relay.Tests.Gateway.Telemetry;

namespace Relay.Grains.Tests.Metrics;

/// <summary>With the official exporter a scraper is served as with ours.</summary>
public sealed class OfficialScrapeTests : ScrapeContract
{
    protected override void AddTo(IServiceCollection services) => services.AddSingleton<IMetricsExposition, OfficialExposition>();
}

/// <summary>With the official exporter Prometheus reads what it reads with ours.</summary>
public sealed class OfficialPrometheusTests : PrometheusContract
{
    protected override void AddTo(IServiceCollection services) => services.AddSingleton<IMetricsExposition, OfficialExposition>();
}
