using System.CommandLine;

namespace Relay.Agent.Connecting;

/// <summary>The options that every command has: which relay, who the agent is, how it logs.</summary>
internal sealed class RelayOptions
{
    private readonly Option<string> _relay = new("--relay")
    {
        Description = "The relay's address, ws:// or wss://, with /t/TENANT where the tenant is not the token's. From RELAY_URL when absent.",
        HelpName = "url",
    };

    private readonly Option<string> _token = new("--token") { Description = "The token. Others on this machine can see it here: better --token-file or RELAY_TOKEN.", HelpName = "token" };

    private readonly Option<string> _tokenFile = new("--token-file") { Description = "A file with the token, read anew for each connection.", HelpName = "path" };

    private readonly Option<bool> _json = new("--json") { Description = "Logs as JSON, one object a line, in place of lines for a person." };

    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Logs also what is of use for finding a fault." };

    public RelayOptions AddTo(Command command)
    {
        foreach (Option option in (Option[])[_relay, _token, _tokenFile, _json, _verbose])
            command.Options.Add(option);
        return this;
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public bool Verbose(ParseResult parsed) => parsed.GetValue(_verbose);

    /// <summary>The address of the socket at <paramref name="path"/> below the relay's and the token, or what is wrong with them, in words.</summary>
    public string? TryRead(ParseResult parsed, AgentContext context, string path, out RelayTarget target)
    {
        target = null!;
        if ((parsed.GetValue(_relay) ?? context.Environment("RELAY_URL")) is not { Length: > 0 } relay)
            return "--relay is missing: the relay's address, for example ws://127.0.0.1:8080";
        if (RelayTarget.SocketAddress(relay, path) is not { } address)
            return $"--relay is not an address like ws://127.0.0.1:8080 or wss://relay.example.com/t/acme: {relay}";
        if (TokenSource.Of(parsed.GetValue(_token), parsed.GetValue(_tokenFile), context.Environment("RELAY_TOKEN"), out var token) is { } fault) return fault;
        target = new RelayTarget(address, token);
        return null;
    }
}
