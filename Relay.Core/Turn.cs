namespace Relay.Core;

/// <summary>What every turn of a state machine is given instead of reading a clock.</summary>
/// <param name="Now">Time since the runtime began, monotonic: jumps of the wall clock do not show.</param>
public readonly record struct Turn(TimeSpan Now);
