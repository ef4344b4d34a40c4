using System.CommandLine;
using System.CommandLine.Parsing;
using Relay.Agent.Node;
using Relay.Agent.Proxy;
using Relay.Agent.Token;

namespace Relay.Agent;

/// <summary>The command line: one command for each thing that the agent can be.</summary>
internal static class AgentCommands
{
    // A further command is one line here and a folder of its own.
    private static IEnumerable<Command> All(AgentContext context) => [NodeCommand.Create(context), ProxyCommand.Create(context), TokenCommand.Create(context)];

    public static async Task<int> RunAsync(string[] args, AgentContext context)
    {
        var parsed = Root(context).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                context.Error.WriteLine(error.Message);
            context.Error.WriteLine($"Try: relay-agent {Path(parsed.CommandResult)}--help");
            return (int)ExitCode.Usage;
        }
        // The agent takes the signals itself: a command decides how it ends.
        return await parsed.InvokeAsync(new InvocationConfiguration { Output = context.Out, Error = context.Error, EnableDefaultExceptionHandler = true, ProcessTerminationTimeout = null }, CancellationToken.None);
    }

    internal static RootCommand Root(AgentContext context)
    {
        var root = new RootCommand("The far end that dials out to a relay.");
        foreach (var command in All(context))
            root.Subcommands.Add(command);
        return root;
    }

    private static string Path(CommandResult result) => result.Parent is CommandResult parent ? Path(parent) + result.Command.Name + " " : "";
}
