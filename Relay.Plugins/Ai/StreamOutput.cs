using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>The answers of one request.</summary>
internal sealed class StreamOutput(PluginStream stream) : IChatOutput
{
    public CancellationToken Cancelled => stream.Cancelled;

    public ValueTask<bool> WriteAsync(string text) => stream.WriteAsync("delta", new DeltaData(text), AiJson.Wire.DeltaData);

    public void End(ChatEnd end) => End(stream, end);

    public void KeepAlive() => stream.KeepAlive();

    internal static void End(PluginStream stream, ChatEnd end)
    {
        if (end.Fault is { } fault) stream.Fail(end.Name, fault, end.Data);
        else stream.End(end.Name, end.Data);
    }
}
