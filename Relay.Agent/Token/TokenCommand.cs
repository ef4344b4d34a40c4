using System.CommandLine;

namespace Relay.Agent.Token;

/// <summary><c>relay-agent token</c>: makes and shows tokens and API keys, for development and for the first key of a relay.</summary>
internal static class TokenCommand
{
    public static Command Create(AgentContext context)
    {
        var token = new Command("token", "Makes and shows tokens and API keys.");
        token.Subcommands.Add(MintCommand.Create(context));
        token.Subcommands.Add(InspectCommand.Create(context));
        token.Subcommands.Add(KeyCommand.Create(context));
        return token;
    }
}
