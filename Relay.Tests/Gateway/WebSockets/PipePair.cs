using System.IO.Pipelines;

namespace Relay.Tests.Gateway.WebSockets;

/// <summary>Two ends of a connection in memory.</summary>
internal sealed class PipePair
{
    private readonly Pipe _toServer;
    private readonly Pipe _toClient;

    /// <summary>With a pause threshold, a side that is not read makes the other's flush wait.</summary>
    public PipePair(long pauseThreshold = 0)
    {
        var options = new PipeOptions(pauseWriterThreshold: pauseThreshold, resumeWriterThreshold: pauseThreshold / 2, useSynchronizationContext: false);
        (_toServer, _toClient) = (new Pipe(options), new Pipe(options));
    }

    public IDuplexPipe Server => new End(_toServer.Reader, _toClient.Writer);

    public IDuplexPipe Client => new End(_toClient.Reader, _toServer.Writer);

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
