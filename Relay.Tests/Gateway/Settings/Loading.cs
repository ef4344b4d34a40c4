using System.Text;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

/// <summary>Loads settings from a world that the test names: a file, variables, options, folders.</summary>
internal sealed record Loading
{
    public const string FileName = "relay.yaml";

    public string? Yaml { get; init; }

    public byte[]? FileBytes { get; init; }

    public Dictionary<string, string> Environment { get; init; } = [];

    public string[] Args { get; init; } = [];

    public RelayProgram Program { get; init; }

    public string[] Folders { get; init; } = [];

    public static RelaySettings Defaults { get; } = new();

    public static string[] FaultsOf(string yaml) => new Loading { Yaml = yaml }.Faults();

    public static RelaySettings SettingsOf(string yaml) => new Loading { Yaml = yaml }.Settings();

    public SettingsInput Input()
    {
        var bytes = FileBytes ?? (Yaml is null ? null : Encoding.UTF8.GetBytes(Yaml));
        string[] args = bytes is null ? Args : ["--config-file", FileName, .. Args];
        return new SettingsInput(CommandLine.Parse(args, Program), Environment)
        {
            OpenFile = name => name == FileName && bytes is not null
                ? new MemoryStream(bytes)
                : throw new FileNotFoundException($"Could not find file '{name}'."),
            DirectoryExists = Folders.Contains,
        };
    }

    public SettingsResult Load() => SettingsLoader.Load(Input());

    public RelaySettings Settings()
    {
        var result = Load();
        Assert.Empty(result.Faults);
        return Assert.IsType<RelaySettings>(result.Settings);
    }

    public string[] Faults()
    {
        var result = Load();
        Assert.Null(result.Settings);
        Assert.NotEmpty(result.Faults);
        return [.. result.Faults.Select(each => each.ToString())];
    }
}
