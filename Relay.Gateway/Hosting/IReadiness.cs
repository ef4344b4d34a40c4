namespace Relay.Gateway.Hosting;

/// <summary>A part that the process cannot take clients without; <c>/healthz/ready</c> asks all of them.</summary>
internal interface IReadiness
{
    bool IsReady { get; }
}
