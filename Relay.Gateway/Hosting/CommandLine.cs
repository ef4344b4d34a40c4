using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

internal enum CommandKind
{
    Run,
    Check,
    Health,
    Help,
    Version,
}

/// <summary>The relay's executables: what a command line may say depends on which one it is for.</summary>
internal enum RelayProgram
{
    Gateway,
    Silo,
}

/// <summary>What the arguments ask for. Settings among them are only collected here; the map judges them.</summary>
internal sealed record CommandLine
{
    private const string ConfigFileOption = "--config-file";
    private const string RoleOption = "--role";

    public CommandKind Kind { get; private init; }

    public RelayProgram Program { get; private init; }

    /// <summary>What a Relay.Silo is in its cluster.</summary>
    public ClusterRole Role { get; private init; }

    public string? ConfigFile { get; private init; }

    public ImmutableArray<RawSetting> Options { get; private init; } = [];

    public ImmutableArray<SettingFault> Faults { get; private init; } = [];

    public static CommandLine Parse(IReadOnlyList<string> args, RelayProgram program = RelayProgram.Gateway)
    {
        var kinds = new HashSet<CommandKind>();
        string? configFile = null;
        ClusterRole? role = null;
        var options = ImmutableArray.CreateBuilder<RawSetting>();
        var faults = ImmutableArray.CreateBuilder<SettingFault>();
        for (var i = 0; i < args.Count; i++)
        {
            var argument = args[i];
            if (CommandOf(argument) is { } kind)
            {
                kinds.Add(kind);
                continue;
            }

            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                faults.Add(new SettingFault("", "", $"unexpected argument {Readable.Quote(argument)}"));
                continue;
            }

            // Only the name is ever shown: what follows may be a secret.
            var equals = argument.IndexOf('=');
            var name = equals < 0 ? argument : argument[..equals];
            var value = equals >= 0 ? argument[(equals + 1)..] : null;
            if (value is null && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                value = args[++i];
            var shown = Readable.Name(name);
            var isSetting = name.Contains(':');
            if (name == RoleOption && program != RelayProgram.Silo)
                faults.Add(new SettingFault(shown, "", "is an option of Relay.Silo"));
            else if (name is not (ConfigFileOption or RoleOption) && !isSetting)
                faults.Add(new SettingFault(shown, "", "unknown option (--help lists them)"));
            else if (value is null)
                faults.Add(new SettingFault(shown, "", "needs a value"));
            else if (isSetting)
                options.Add(new RawSetting(SettingSource.Option, shown, [.. name[2..].Split(':')], RawShape.Text) { Text = value });
            else if (name == RoleOption ? role is not null : configFile is not null)
                faults.Add(new SettingFault(shown, "", "is given twice"));
            else if (name == ConfigFileOption)
                configFile = value;
            else if (SettingForms.Role.TryRead(value, out var given))
                role = given;
            else
                faults.Add(new SettingFault(shown, "", $"must be {SettingForms.Role.Form}, not {Readable.Quote(value)}"));
        }

        return new CommandLine
        {
            Kind = kinds.Contains(CommandKind.Help) ? CommandKind.Help
                : kinds.Contains(CommandKind.Version) ? CommandKind.Version
                : kinds.Contains(CommandKind.Check) ? CommandKind.Check
                : kinds.Contains(CommandKind.Health) ? CommandKind.Health
                : CommandKind.Run,
            Program = program,
            Role = role ?? ClusterRole.All,
            ConfigFile = configFile,
            Options = options.ToImmutable(),
            Faults = faults.ToImmutable(),
        };
    }

    private static CommandKind? CommandOf(string argument) => argument switch
    {
        "--help" => CommandKind.Help,
        "--version" => CommandKind.Version,
        "--check-config" => CommandKind.Check,
        "--check-health" => CommandKind.Health,
        _ => null,
    };
}
