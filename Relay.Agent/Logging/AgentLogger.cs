using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Relay.Agent.Logging;

/// <summary>Writes what happens to one writer: a line for a person, or a JSON object a line for a program.</summary>
internal sealed class AgentLogger(TextWriter writer, TimeProvider time, bool json, bool verbose) : ILogger
{
    private readonly Lock _gate = new();

    /// <summary>What is written before and after a line, for a status line that stands below the last one.</summary>
    public Func<(string Before, string After)>? Status { get; set; }

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= (verbose ? LogLevel.Debug : LogLevel.Information);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var line = json ? Json(logLevel, eventId, state, exception, formatter(state, exception)) : Text(logLevel, exception, formatter(state, exception));
        lock (_gate)
        {
            var (before, after) = Status?.Invoke() ?? ("", "");
            writer.Write(before);
            writer.WriteLine(line);
            writer.Write(after);
            writer.Flush();
        }
    }

    /// <summary>Writes between two lines.</summary>
    public void Write(string text)
    {
        lock (_gate)
        {
            writer.Write(text);
            writer.Flush();
        }
    }

    private string Text(LogLevel level, Exception? exception, string message) =>
        $"{time.GetLocalNow():HH:mm:ss} {Label(level)}{OneLine(message)}{(exception is null ? "" : ": " + OneLine(exception.Message))}";

    private string Json<TState>(LogLevel level, EventId id, TState state, Exception? exception, string message)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow());
            json.WriteString("level", LevelName(level));
            json.WriteNumber("id", id.Id);
            json.WriteString("event", id.Name);
            json.WriteString("message", message);
            if (exception is not null) json.WriteString("exception", exception.ToString());
            json.WriteStartObject("fields");
            foreach (var (name, value) in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
                if (name != "{OriginalFormat}") WriteField(json, name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void WriteField(Utf8JsonWriter json, string name, object? value)
    {
        name = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case int or long or uint or short or byte: json.WriteNumber(name, Convert.ToInt64(value, null)); break;
            case double number: json.WriteNumber(name, number); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            default: json.WriteString(name, value.ToString()); break;
        }
    }

    // What others send may stand in a line; it must not make lines of its own, nor move a terminal's cursor.
    private static string OneLine(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;

    private static string Label(LogLevel level) => level switch
    {
        LogLevel.Warning => "warning: ",
        LogLevel.Error or LogLevel.Critical => "error: ",
        LogLevel.Debug or LogLevel.Trace => "  ",
        LogLevel.Information or LogLevel.None => "",
    };

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        LogLevel.None => "none",
    };
}
