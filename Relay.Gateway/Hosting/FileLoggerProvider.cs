using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Relay.Gateway.Hosting;

/// <summary>
/// Appends log lines to a file from a thread of its own. What waits for the disk is bounded in lines and characters;
/// lines beyond it are dropped, counted, and the count is written when there is room again.
/// </summary>
internal sealed class FileLoggerProvider : ILoggerProvider, ISupportExternalScope
{
    public const int MaxLines = 8192;
    public const int MaxChars = 4 * 1024 * 1024;

    private readonly BlockingCollection<string> _lines = new(MaxLines);
    private readonly ConsoleFormatter _formatter;
    private readonly Thread _writer;
    private readonly StreamWriter _file;
    private IExternalScopeProvider? _scopes;
    private long _waitingChars;
    private long _dropped;

    // Writer thread only.
    private long _reported;
    private bool _isFlushed = true;

    public FileLoggerProvider(Stream file, ConsoleFormatter formatter)
    {
        _formatter = formatter;
        _file = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        _writer = new Thread(Write) { IsBackground = true, Name = "relay log file" };
        _writer.Start();
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public ILogger CreateLogger(string categoryName) => new FileLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <summary>Writes what waits, then closes the file. Lines that come later are dropped.</summary>
    public void Dispose()
    {
        if (_lines.IsAddingCompleted)
            return;
        _lines.CompleteAdding();
        _writer.Join();
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // The disk is full; the writer has already counted what it could not write.
        }
    }

    private void Enqueue(string line)
    {
        if (Interlocked.Add(ref _waitingChars, line.Length) <= MaxChars && TryAdd(line))
            return;
        Interlocked.Add(ref _waitingChars, -line.Length);
        Interlocked.Increment(ref _dropped);
    }

    private bool TryAdd(string line)
    {
        try
        {
            return _lines.TryAdd(line);
        }
        catch (InvalidOperationException)
        {
            // Disposed: a host may log while it takes its last parts down.
            return false;
        }
    }

    private void Write()
    {
        foreach (var line in _lines.GetConsumingEnumerable())
        {
            Interlocked.Add(ref _waitingChars, -line.Length);
            try
            {
                if (_isFlushed && _file.BaseStream.CanSeek)
                    _file.BaseStream.Seek(0, SeekOrigin.End);
                _isFlushed = false;
                _file.Write(line);
                if (_lines.Count > 0)
                    continue;
                ReportDropped();
                _file.Flush();
                _isFlushed = true;
            }
            catch (IOException)
            {
                Interlocked.Increment(ref _dropped);

                // Whoever makes room on a full disk may do it by cutting this file.
                _isFlushed = true;
            }
        }
    }

    private void ReportDropped()
    {
        var dropped = Dropped;
        if (dropped == _reported)
            return;
        var entry = new LogEntry<long>(
            LogLevel.Warning,
            typeof(FileLoggerProvider).FullName!,
            new EventId(1090, "LogLinesDropped"),
            dropped - _reported,
            null,
            (count, _) => $"Dropped {count} log lines: the file could not take them in time");
        _file.Write(Format(entry));
        _reported = dropped;
    }

    private string Format<TState>(in LogEntry<TState> entry)
    {
        using var text = new StringWriter();
        _formatter.Write(entry, _scopes, text);
        return text.ToString();
    }

    private sealed class FileLogger(FileLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => provider._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var line = provider.Format(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));
            if (line.Length > 0)
                provider.Enqueue(line);
        }
    }
}
