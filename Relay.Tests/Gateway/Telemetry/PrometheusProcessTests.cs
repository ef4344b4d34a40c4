using Microsoft.Extensions.DependencyInjection;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>With what writes the metrics unless something else is registered.</summary>
public sealed class PrometheusProcessTests : PrometheusContract
{
    protected override void AddTo(IServiceCollection services)
    {
    }
}
