using System.Net;
using System.Threading.Channels;

namespace Relay.Agent.Node;

/// <summary>A request's body on its way to the model server. What waits here is bounded by the credit that the relay was given.</summary>
/// <param name="length">How long it is.</param>
/// <param name="passed">Told of each chunk that has left.</param>
internal sealed class RequestBody(long length, Func<int, ValueTask> passed) : HttpContent
{
    private readonly Channel<byte[]> _chunks = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    public void Add(byte[] chunk) => _chunks.Writer.TryWrite(chunk);

    public void End() => _chunks.Writer.TryComplete();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await foreach (var chunk in _chunks.Reader.ReadAllAsync(cancellationToken))
        {
            await stream.WriteAsync(chunk, cancellationToken);
            await passed(chunk.Length);
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
