using System.Collections.Immutable;
using System.Text;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Hosting;

/// <summary>What loading looks at. All of it is handed in, so that a test names the whole world.</summary>
internal sealed record SettingsInput(CommandLine Command, IReadOnlyDictionary<string, string> Environment)
{
    public Func<string, Stream> OpenFile { get; init; } = File.OpenRead;

    public Func<string, bool> DirectoryExists { get; init; } = Directory.Exists;

    public ImmutableArray<SettingsCheck> Checks { get; init; } = SettingsChecks.All;
}

/// <summary>Settings that hold together, or every fault.</summary>
internal sealed record SettingsResult(RelaySettings? Settings, IReadOnlyList<SettingFault> Faults);

/// <summary>Puts the settings together: option before environment before file before default.</summary>
internal sealed class SettingsLoader
{
    public const int MaxFileBytes = 1024 * 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly FaultList _faults = new();
    private readonly Dictionary<string, string> _origins = new(StringComparer.Ordinal);

    // Without tenants, so that the first one that is named replaces the default.
    private RelaySettings _settings = new() { Tenants = RelaySettings.NoTenants };

    private readonly RelayProgram _program;

    private SettingsLoader(RelayProgram program) => _program = program;

    public static SettingsResult Load(SettingsInput input)
    {
        var loader = new SettingsLoader(input.Command.Program);
        foreach (var fault in input.Command.Faults)
            loader._faults.Add(fault.Origin, fault.Key, fault.Message);
        if (input.Command.ConfigFile is { } file)
            loader.ApplyAll(loader.ReadFile(file, input.OpenFile));
        loader.ApplyAll(EnvironmentReader.Read(input.Environment));
        loader.ApplyAll(input.Command.Options);
        if (loader._settings.Tenants.IsEmpty)
            loader._settings = loader._settings with { Tenants = RelaySettings.DefaultTenants };
        loader.Check(input.Checks, input.DirectoryExists);
        return new SettingsResult(loader._faults.Any ? null : loader._settings, loader._faults.ToList());
    }

    // One source: a key may stand in it once.
    private void ApplyAll(IEnumerable<RawSetting> source)
    {
        var origins = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var raw in source)
        {
            // A tenant's name may hold dots, so a path is more than its parts joined by dots; for a plugin's own settings it is not.
            var identity = raw.Path[0] == "plugins" ? raw.Key : string.Join('\0', raw.Path);
            if (origins.TryAdd(identity, raw.Origin))
                Apply(raw);
            else
                _faults.Add(raw, $"is given twice (first: {origins[identity]})");
        }
    }

    private void Apply(RawSetting raw)
    {
        if (raw.Path[0] == ClusterSettings.Section && _program != RelayProgram.Silo)
        {
            // One fault for the section, however many of its keys are given.
            if (!_faults.Concerns(ClusterSettings.Section))
                _faults.Add(raw.Origin, ClusterSettings.Section, "belongs to Relay.Silo; this is Relay.Gateway, which runs alone");
        }
        else if (SettingsMap.Find(raw.Path) is { } setting)
        {
            if (setting.Apply(_settings, raw, out var fault) is { } changed)
                _settings = changed;
            else
                _faults.Add(raw, fault);
            _origins[setting.Key] = raw.Origin;
        }
        else if (!SettingsMap.IsSection(raw.Path))
        {
            _faults.Add(raw, _faults.Full ? "unknown key" : SettingsMap.Unknown(raw.Path));
        }
        else if (raw.Shape is RawShape.Text or RawShape.Items)
        {
            _faults.Add(raw, "must be a map of settings");
        }
    }

    private void Check(ImmutableArray<SettingsCheck> checks, Func<string, bool> directoryExists)
    {
        foreach (var check in checks)
        {
            // A key with a fault holds its default here, which says nothing about what was meant.
            if (!check.Keys.Any(_faults.Concerns) && check.Fault(_settings, directoryExists) is { } message)
                _faults.Add(_origins.GetValueOrDefault(check.Keys[0], ""), check.Keys[0], message);
        }

        foreach (var (name, tenant) in _settings.Tenants)
            foreach (var (key, message) in TenantSettings.Faults(_settings, tenant, checks, directoryExists))
                _faults.Add(tenant.Overrides[0].Origin, Readable.Name($"{TenantRow.Section}.{name}.{key}"), message);
        if (_faults.Any) return;
        foreach (var (tenant, origin, message) in AuthSettings.SharedTrust(_settings))
            _faults.Add(origin, Readable.Name($"{TenantRow.Section}.{tenant}.auth.tenant_claim"), message);
    }

    private IReadOnlyList<RawSetting> ReadFile(string file, Func<string, Stream> open)
    {
        var name = Readable.Name(file);
        try
        {
            using var stream = open(file);
            var bytes = new byte[MaxFileBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxFileBytes)
                _faults.Add(name, "", $"is longer than {MaxFileBytes} bytes");
            else
                return YamlReader.Read(name, Decode(bytes.AsSpan(0, length)), _faults);
        }
        catch (DecoderFallbackException)
        {
            _faults.Add(name, "", "is not UTF-8 text");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            _faults.Add(name, "", "cannot be read: " + Readable.Name(error.Message));
        }

        return [];
    }

    private static string Decode(ReadOnlySpan<byte> bytes) =>
        Utf8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes);
}
