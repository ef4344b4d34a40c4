using System.Security.Cryptography;

namespace Relay.Gateway.Hosting;

/// <summary>Where the settings came from, to be read again while the relay runs.</summary>
internal sealed class SettingsSource(SettingsInput input)
{
    /// <summary>Whether there is a file that may change.</summary>
    public bool HasFile => input.Command.ConfigFile is not null;

    /// <summary>Reads them again: the file as it is now, with the options and the environment of the start.</summary>
    public SettingsResult Load() => SettingsLoader.Load(input);

    /// <summary>What does not hold together in settings that were put together while the relay runs.</summary>
    public IEnumerable<SettingFault> Faults(RelaySettings settings)
    {
        foreach (var check in input.Checks)
            if (check.Fault(settings, input.DirectoryExists) is { } message) yield return new("", check.Keys[0], message);
    }

    /// <summary>Tells one state of the file from another, or null while it cannot be read.</summary>
    public string? Digest()
    {
        try
        {
            // By what is in it, so that a change is seen also behind a link, and on file systems that tell of none.
            using var file = input.OpenFile(input.Command.ConfigFile!);
            var bytes = new byte[SettingsLoader.MaxFileBytes + 1];
            return Convert.ToHexString(SHA256.HashData(bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false))));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
