using System.CommandLine;
using System.Net;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Agent.Proxy;

/// <summary>The options that only the proxy has.</summary>
internal sealed class ProxyOptions
{
    private readonly Option<string> _listen = new("--listen") { Description = "Where local clients connect; port 0 means any free one.", HelpName = "address:port", DefaultValueFactory = _ => "127.0.0.1:0" };

    private readonly Option<string> _user = new("--user") { Description = "A name and password that local clients must have. Others on this machine can see it here: better RELAY_PROXY_USER.", HelpName = "name:password" };

    private readonly Option<bool> _printEnv = new("--print-env") { Description = "Prints the variables that make programs use the proxy, for a POSIX shell." };

    private readonly Option<bool> _http = new("--http") { Description = "The variables also send http:// addresses through the proxy." };

    private readonly Option<string> _noProxy = new("--no-proxy")
    {
        Description = "What the variables leave out, a list; 'local' stands for this machine and private networks, 'direct' for GitHub and the public package registries.",
        HelpName = "list",
        DefaultValueFactory = _ => "local,direct",
    };

    private readonly Option<string> _caFile = new("--ca-file") { Description = "A file of certificates that programs are to trust besides the system's.", HelpName = "path" };

    private readonly Option<string> _session = new("--session-id") { Description = "The name beside the token where the relay is asked for one tunnel at a time.", HelpName = "id", DefaultValueFactory = _ => "relay-agent" };

    private readonly Option<string> _path = new("--path") { Description = "The path of the relay's tunnel address.", HelpName = "path", DefaultValueFactory = _ => "tunnel" };

    private readonly Option<bool> _chunks = new("--chunks") { Description = "A connection to the relay for each tunnel, also where the relay could take them all on one." };

    private readonly Option<int> _connections = new("--max-connections") { Description = "How many local connections may be open at a time.", HelpName = "number", DefaultValueFactory = _ => 4096 };

    private readonly Argument<string[]> _command = new("command") { Description = "Behind --: a command that is run with those variables. The proxy ends with it, and with its exit code.", Arity = ArgumentArity.ZeroOrMore };

    public ProxyOptions AddTo(Command command)
    {
        foreach (Option option in (Option[])[_listen, _user, _printEnv, _http, _noProxy, _caFile, _session, _path, _chunks, _connections])
            command.Options.Add(option);
        command.Arguments.Add(_command);
        return this;
    }

    public string Path(ParseResult parsed) => parsed.GetValue(_path)!.Trim('/');

    /// <summary>What was asked for, or what is wrong with it, in words.</summary>
    public string? TryRead(ParseResult parsed, AgentContext context, out ProxySettings settings)
    {
        settings = null!;
        var listen = parsed.GetValue(_listen)!;
        if (!IPEndPoint.TryParse(listen, out var address) || !listen.Contains(':', StringComparison.Ordinal)) return $"--listen is not an address and a port like 127.0.0.1:0: {listen}";
        Credentials? credentials = null;
        if ((parsed.GetValue(_user) ?? context.Environment("RELAY_PROXY_USER")) is { Length: > 0 } user && (credentials = Credentials.TryParse(user)) is null) return "--user is not name:password";
        if (!IPAddress.IsLoopback(address.Address) && credentials is null) return "--listen: whoever reaches an address that is not of this machine alone could use the proxy; give --user too";
        if (parsed.GetValue(_caFile) is { } caFile && !File.Exists(caFile)) return $"--ca-file: there is no file {caFile}";
        if (parsed.GetValue(_connections) < 1) return "--max-connections is at least 1";
        settings = new()
        {
            Listen = address,
            Credentials = credentials,
            PrintEnvironment = parsed.GetValue(_printEnv),
            PlainHttp = parsed.GetValue(_http),
            NoProxy = parsed.GetValue(_noProxy)!,
            CaFile = parsed.GetValue(_caFile),
            SessionId = parsed.GetValue(_session)!,
            InChunks = parsed.GetValue(_chunks),
            MaxConnections = parsed.GetValue(_connections),
            Command = parsed.GetValue(_command) ?? [],
        };
        return null;
    }
}

/// <summary>What <see cref="ProxyOptions"/> say.</summary>
internal sealed record ProxySettings
{
    public required IPEndPoint Listen { get; init; }

    public Credentials? Credentials { get; init; }

    public bool PrintEnvironment { get; init; }

    public bool PlainHttp { get; init; }

    public required string NoProxy { get; init; }

    public string? CaFile { get; init; }

    public required string SessionId { get; init; }

    public bool InChunks { get; init; }

    public required int MaxConnections { get; init; }

    public required string[] Command { get; init; }
}
