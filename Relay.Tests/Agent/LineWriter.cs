using System.Text;

namespace Relay.Tests.Agent;

/// <summary>Keeps what is written, and tells when a text has come.</summary>
internal sealed class LineWriter : TextWriter
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, TaskCompletionSource Found)> _waiting = [];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_text)
        {
            _text.Append(value);
            var written = _text.ToString();
            foreach (var (text, found) in _waiting)
                if (written.Contains(text, StringComparison.Ordinal)) found.TrySetResult();
        }
    }

    public override void WriteLine(string? value) => Write(value + Environment.NewLine);

    public Task WaitForAsync(string text)
    {
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_text)
        {
            if (_text.ToString().Contains(text, StringComparison.Ordinal)) return Task.CompletedTask;
            _waiting.Add((text, found));
        }

        return found.Task;
    }

    public override string ToString()
    {
        lock (_text) return _text.ToString();
    }
}
