using Relay.Agent;

using var stopping = new StopSignals();
return await AgentCommands.RunAsync(args, AgentContext.OfThisProcess(stopping));
