namespace Relay.Core.Runtime;

/// <summary>Monotonic time since the runtime began, from the injected provider.</summary>
/// <param name="provider">The source of time.</param>
public sealed class RuntimeClock(TimeProvider provider)
{
    private readonly long _began = provider.GetTimestamp();

    /// <summary>The source of time.</summary>
    public TimeProvider Provider { get; } = provider;

    /// <summary>Time since the runtime began.</summary>
    public TimeSpan Now => Provider.GetElapsedTime(_began);
}
