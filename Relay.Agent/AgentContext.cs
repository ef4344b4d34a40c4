namespace Relay.Agent;

/// <summary>What a command takes from its surroundings, so that a test can be the surroundings.</summary>
internal sealed record AgentContext
{
    public required TimeProvider Time { get; init; }

    public required Random Random { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>An environment variable's value, null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    public required IStopSignals Stopping { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal that a person looks at: there a status line may be written over.</summary>
    public bool IsTerminal { get; init; }

    public static AgentContext OfThisProcess(IStopSignals stopping) => new()
    {
        Time = TimeProvider.System,
        Random = new Random(),
        Out = Console.Out,
        Error = Console.Error,
        Environment = System.Environment.GetEnvironmentVariable,
        Stopping = stopping,
        IsTerminal = !Console.IsErrorRedirected,
    };
}
