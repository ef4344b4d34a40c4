namespace Relay.Agent;

/// <summary>How the program ends, for scripts and for whatever restarts it. Listed in docs/agent.md.</summary>
internal enum ExitCode
{
    /// <summary>It was told to stop, and what ran was finished.</summary>
    Done = 0,

    /// <summary>A fault of the agent, or of the machine it runs on.</summary>
    Failed = 1,

    /// <summary>An option is missing or wrong; nothing was tried.</summary>
    Usage = 2,

    /// <summary>The relay refuses this agent (token, address, a version it does not speak): trying again would change nothing.</summary>
    Refused = 3,

    /// <summary>What the agent needs on its own side is not there: the upstream's models, or the address to listen on.</summary>
    LocalSide = 4,

    /// <summary>It was told twice to stop, or the time for it ran out, and something that ran was cut off.</summary>
    CutOff = 5,
}
