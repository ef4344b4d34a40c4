using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

internal enum CommandKind
{
    Run,
    Check,
    Help,
    Version,
}

/// <summary>What the arguments ask for. Settings among them are only collected here; the map judges them.</summary>
internal sealed record CommandLine
{
    private const string ConfigFileOption = "--config-file";

    public CommandKind Kind { get; private init; }

    public string? ConfigFile { get; private init; }

    public ImmutableArray<RawSetting> Options { get; private init; } = [];

    public ImmutableArray<SettingFault> Faults { get; private init; } = [];

    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var kinds = new HashSet<CommandKind>();
        string? configFile = null;
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
            if (name != ConfigFileOption && !isSetting)
                faults.Add(new SettingFault(shown, "", "unknown option (--help lists them)"));
            else if (value is null)
                faults.Add(new SettingFault(shown, "", "needs a value"));
            else if (isSetting)
                options.Add(new RawSetting(SettingSource.Option, shown, [.. name[2..].Split(':')], RawShape.Text) { Text = value });
            else if (configFile is not null)
                faults.Add(new SettingFault(shown, "", "is given twice"));
            else
                configFile = value;
        }

        return new CommandLine
        {
            Kind = kinds.Contains(CommandKind.Help) ? CommandKind.Help
                : kinds.Contains(CommandKind.Version) ? CommandKind.Version
                : kinds.Contains(CommandKind.Check) ? CommandKind.Check
                : CommandKind.Run,
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
        _ => null,
    };
}
