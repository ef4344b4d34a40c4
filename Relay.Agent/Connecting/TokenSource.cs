namespace Relay.Agent.Connecting;

/// <summary>The token of the next connection: a value, or a file that somebody else keeps fresh. None without authentication.</summary>
internal sealed class TokenSource
{
    private readonly string? _value;
    private readonly string? _file;

    private TokenSource(string? value, string? file) => (_value, _file) = (value, file);

    public static TokenSource None { get; } = new(null, null);

    /// <summary>An option before the environment; two options are one too many.</summary>
    public static string? Of(string? value, string? file, string? environment, out TokenSource source)
    {
        source = None;
        if (value is not null && file is not null) return "--token and --token-file: only one of them";
        if (file is not null)
        {
            if (!File.Exists(file)) return $"--token-file: there is no file {file}";
            source = new TokenSource(null, file);
            return null;
        }
        var token = (value ?? environment)?.Trim();
        if (token is not null && !IsToken(token)) return "the token holds characters that no header can";
        source = new TokenSource(token is { Length: > 0 } ? token : null, null);
        return null;
    }

    /// <summary>The token now; null without one.</summary>
    /// <exception cref="IOException">The file cannot be read, or holds no token.</exception>
    public string? Read()
    {
        if (_file is null) return _value;
        try
        {
            var token = File.ReadAllText(_file).Trim();
            return token.Length > 0 && IsToken(token) ? token : throw new IOException($"{_file} holds no token");
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    private static bool IsToken(string text) => text.All(c => c is > ' ' and < '\x7f');
}
