namespace Relay.Core.Hubs;

/// <summary>How many crashes a plugin is forgiven: one, or one in every window.</summary>
/// <param name="Window">A crash is forgotten after this long; null for never.</param>
public sealed record RestartPolicy(TimeSpan? Window)
{
    /// <summary>Restarts before a plugin is failed.</summary>
    public const int Restarts = 1;
}
