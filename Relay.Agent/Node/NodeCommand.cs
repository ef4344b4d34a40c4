using System.CommandLine;
using System.Text;
using Relay.Agent.Connecting;
using Relay.Agent.Logging;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary><c>relay-agent node</c>: its options.</summary>
internal sealed class NodeCommand
{
    private readonly Command _command = new("node", "Serves the models of an OpenAI-compatible server to the relay's callers.");

    private readonly Option<string> _upstream = new("--upstream") { Description = "The model server, as an OpenAI client has it: http://127.0.0.1:11434/v1", HelpName = "url", Required = true };

    private readonly Option<string[]> _models = new("--model") { Description = "A model to serve, repeatable. Without it the model server is asked, now and every half minute.", HelpName = "name" };

    private readonly Option<int> _concurrency = new("--concurrency") { Description = "How many requests it takes at once.", HelpName = "n", DefaultValueFactory = static _ => 4 };

    private readonly Option<string> _nodeId = new("--node-id") { Description = "The node's name, one of its tenant's. This machine's name when absent.", HelpName = "name" };

    private readonly Option<string> _keyFile = new("--upstream-key-file") { Description = "A file with the key that the model server wants. From RELAY_UPSTREAM_KEY when absent.", HelpName = "path" };

    private readonly RelayOptions _relay;

    private NodeCommand()
    {
        foreach (Option option in (Option[])[_upstream, _models, _concurrency, _nodeId, _keyFile])
            _command.Options.Add(option);
        _relay = new RelayOptions().AddTo(_command);
    }

    public static Command Create(AgentContext context)
    {
        var node = new NodeCommand();
        node._command.SetAction((parsed, _) => node.RunAsync(parsed, context));
        return node._command;
    }

    private async Task<int> RunAsync(ParseResult parsed, AgentContext context)
    {
        if (TryRead(parsed, context, out var settings) is { } fault)
        {
            context.Error.WriteLine(fault);
            return (int)ExitCode.Usage;
        }

        var json = _relay.Json(parsed);
        var logger = new AgentLogger(context.Error, context.Time, json, _relay.Verbose(parsed));
        var counts = new NodeCounts();
        using var status = context.IsTerminal && !json ? new StatusLine(logger, context.Time, counts.Text) : null;
        return (int)await new NodeAgent(settings, context, logger, counts).RunAsync();
    }

    private string? TryRead(ParseResult parsed, AgentContext context, out NodeSettings settings)
    {
        settings = null!;
        if (_relay.TryRead(parsed, context, "nodes", out var target) is { } fault) return fault;
        if (TokenSource.Of(null, parsed.GetValue(_keyFile), context.Environment("RELAY_UPSTREAM_KEY"), out var key) is { } keyFault) return "the upstream's key: " + keyFault;
        var upstream = parsed.GetValue(_upstream)!;
        if (UpstreamServer.Address(upstream) is not { } address) return $"--upstream is not an address like http://127.0.0.1:11434/v1: {upstream}";
        var concurrency = parsed.GetValue(_concurrency);
        if (concurrency is < 1 or > NodeWire.MaxCapacity) return $"--concurrency is 1 to {NodeWire.MaxCapacity}";
        var nodeId = parsed.GetValue(_nodeId) ?? Environment.MachineName.ToLowerInvariant();
        if (!IsName(nodeId)) return $"--node-id is 1 to {NodeWire.MaxNameBytes} bytes";
        var models = (parsed.GetValue(_models) ?? []).Distinct(StringComparer.Ordinal).ToList();
        if (models.Count > NodeWire.MaxModels || !models.TrueForAll(IsName)) return $"--model is 1 to {NodeWire.MaxNameBytes} bytes, and given {NodeWire.MaxModels} times at most";
        settings = new NodeSettings(target, address, key, nodeId, models, concurrency);
        return null;
    }

    private static bool IsName(string text) => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= NodeWire.MaxNameBytes && !text.Contains('\0');
}
