using System.IO.Pipelines;

namespace Relay.Gateway.WebSockets;

/// <summary>
/// A duplex pipe over the stream that an HTTP upgrade gives. Unlike the framework's adapters it holds no buffer while nothing arrives,
/// reads large frames in large pieces, and makes one write to the stream per flush: each is a flush of the server's own.
/// Cancelling a pending read or flush ends both sides for good. The stream stays with its owner.
/// </summary>
internal sealed class UpgradeStreamPipe : IDuplexPipe
{
    public UpgradeStreamPipe(Stream stream)
    {
        var cut = new CancellationTokenSource();
        Input = new UpgradeStreamReader(stream, cut);
        Output = new UpgradeStreamWriter(stream, cut);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }
}
