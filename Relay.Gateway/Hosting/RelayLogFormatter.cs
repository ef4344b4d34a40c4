using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Relay.Core.Telemetry;

namespace Relay.Gateway.Hosting;

/// <summary>
/// How a log entry is written: one line, whatever is in it, in UTC. Behind what is said stands the trace that it belongs to, if any: that of the
/// code that logs, read here because an entry is formatted where it is logged.
/// </summary>
internal abstract class RelayLogFormatter(string name, TimeProvider time) : ConsoleFormatter(name)
{
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (message is null && logEntry.Exception is null) return;
        var now = time.GetUtcNow().UtcDateTime.ToString(Timestamp, CultureInfo.InvariantCulture);
        Write(textWriter, now, logEntry.LogLevel, logEntry.Category, logEntry.EventId, message ?? "", logEntry.Exception, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>>, Activity.Current);
    }

    protected abstract void Write(
        TextWriter output, string time, LogLevel level, string category, EventId id, string message, Exception? error, IReadOnlyList<KeyValuePair<string, object?>>? members, Activity? span);

    /// <summary>Names that those who collect logs know.</summary>
    protected static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        _ => "none",
    };

    /// <summary>Whether a span names a trace as the W3C means it.</summary>
    protected static bool IsTrace(Activity? span) => span is { IdFormat: ActivityIdFormat.W3C };
}

/// <summary><c>2026-11-22T08:00:00.000Z warn: Relay.Gateway.Nodes.NodeLog[8105] what is said trace_id=…</c></summary>
internal sealed class TextLogFormatter(TimeProvider time) : RelayLogFormatter(TextName, time)
{
    public const string TextName = "relay-text";

    // What would end a line, or change what a terminal shows.
    private static readonly SearchValues<char> Breaks = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static c => (char)c), '\x7f', '\x85', '\x2028', '\x2029', '\x9b']);

    protected override void Write(
        TextWriter output, string time, LogLevel level, string category, EventId id, string message, Exception? error, IReadOnlyList<KeyValuePair<string, object?>>? members, Activity? span)
    {
        output.Write(time);
        output.Write(' ');
        output.Write(NameOf(level));
        output.Write(": ");
        output.Write(category);
        output.Write('[');
        output.Write(id.Id.ToString(CultureInfo.InvariantCulture));
        output.Write("] ");
        WriteEscaped(output, message);
        if (error is not null)
        {
            output.Write(" exception=");
            WriteEscaped(output, error.ToString());
        }

        if (IsTrace(span))
        {
            output.Write(" trace_id=");
            output.Write(span!.TraceId.ToHexString());
            output.Write(" span_id=");
            output.Write(RelayTrace.SpanOf(span).ToHexString());
        }

        output.Write('\n');
    }

    private static void WriteEscaped(TextWriter output, ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(Breaks) is >= 0 and var at)
        {
            output.Write(text[..at]);
            output.Write(text[at] switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                var other => $"\\u{(int)other:x4}",
            });
            text = text[(at + 1)..];
        }

        output.Write(text);
    }
}

/// <summary><c>{"time":"…","level":"warn","event_id":8105,"event":"NodeLost","category":"…","message":"…","node":"…","connection":"…","trace_id":"…"}</c></summary>
internal sealed class JsonLogFormatter(TimeProvider time) : RelayLogFormatter(JsonName, time)
{
    public const string JsonName = "relay-json";

    private const string Template = "{OriginalFormat}";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    protected override void Write(
        TextWriter output, string time, LogLevel level, string category, EventId id, string message, Exception? error, IReadOnlyList<KeyValuePair<string, object?>>? members, Activity? span)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, time);
            json.WriteString("level"u8, NameOf(level));
            json.WriteNumber("event_id"u8, id.Id);
            if (id.Name is not null) json.WriteString("event"u8, id.Name);
            json.WriteString("category"u8, category);
            json.WriteString("message"u8, message);
            for (var i = 0; i < (members?.Count ?? 0); i++)
                if (members![i] is { Key: not Template } member) WriteMember(json, MemberName(member.Key), member.Value);
            if (error is not null)
            {
                json.WriteString("exception_type"u8, error.GetType().FullName);
                json.WriteString("exception"u8, error.ToString());
            }

            if (IsTrace(span))
            {
                json.WriteString("trace_id"u8, span!.TraceId.ToHexString());
                json.WriteString("span_id"u8, RelayTrace.SpanOf(span).ToHexString());
            }

            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    // As everything else of the relay is named in JSON; never one of the names above.
    private static string MemberName(string name)
    {
        var member = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
        return member is "time" or "level" or "event_id" or "event" or "category" or "message" or "exception_type" or "exception" or "trace_id" or "span_id" ? "said_" + member : member;
    }

    private static void WriteMember(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int or long or short or byte or uint or ushort or sbyte:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
