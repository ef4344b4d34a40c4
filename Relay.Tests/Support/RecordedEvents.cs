using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Relay.Tests.Support;

/// <summary>Keeps the numbers of the events that the relay logs, and their texts.</summary>
internal sealed class RecordedEvents : ILoggerProvider
{
    private readonly ConcurrentQueue<(int Id, string Text)> _events = new();

    public IEnumerable<string> All => _events.Select(static one => one.Text);

    public IEnumerable<string> Of(int id) => _events.Where(one => one.Id == id).Select(static one => one.Text);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName.StartsWith("Relay", StringComparison.Ordinal));

    public void Dispose()
    {
    }

    private sealed class Logger(RecordedEvents events, bool isOurs) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isOurs;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isOurs) events._events.Enqueue((eventId.Id, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}"));
        }
    }
}
