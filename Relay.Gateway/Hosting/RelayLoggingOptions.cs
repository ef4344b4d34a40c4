namespace Relay.Gateway.Hosting;

internal enum LogFormat
{
    Text,
    Json,
}

internal sealed record RelayLoggingOptions
{
    public const string StandardError = "stderr";
    public const string StandardOutput = "stdout";

    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary><c>stderr</c>, <c>stdout</c>, or the path of a file that is appended to.</summary>
    public string Output { get; init; } = StandardError;

    public LogFormat Format { get; init; }

    public bool ToFile => Output is not (StandardError or StandardOutput);
}
