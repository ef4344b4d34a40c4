namespace Relay.Agent;

/// <summary>That the agent was told to stop: once, and then it finishes what runs; twice, and then it ends as it is.</summary>
internal interface IStopSignals
{
    CancellationToken Finish { get; }

    CancellationToken Hurry { get; }
}
