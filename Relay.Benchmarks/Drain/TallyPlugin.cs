using Relay.Abstractions;

namespace Relay.Benchmarks.Drain;

/// <summary><c>tally_</c>: answers, and counts for the whole process what it has handled.</summary>
[RelayPlugin("tally_", Inline = true)]
internal sealed class TallyPlugin : IRelayPlugin
{
    private static long _handled;

    public static long Handled => Interlocked.Read(ref _handled);

    public ValueTask StartAsync(PluginContext context, CancellationToken cancellation) => default;

    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _handled);
        message.Reply("done", message.Data.Span);
        return default;
    }
}
