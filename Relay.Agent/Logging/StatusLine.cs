namespace Relay.Agent.Logging;

/// <summary>A last line on a terminal that shows how things stand, below what is logged.</summary>
internal sealed class StatusLine : IDisposable
{
    private const string Erase = "\r\e[K";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly AgentLogger _logger;
    private readonly Func<string> _text;
    private readonly ITimer _timer;
    private string _shown = "";

    public StatusLine(AgentLogger logger, TimeProvider time, Func<string> text)
    {
        (_logger, _text) = (logger, text);
        logger.Status = () => (Erase, _text());
        _timer = time.CreateTimer(_ => Refresh(), null, Interval, Interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _logger.Status = null;
        _logger.Write(Erase);
    }

    private void Refresh()
    {
        var text = _text();
        if (text == _shown) return;
        _shown = text;
        _logger.Write(Erase + text);
    }
}
