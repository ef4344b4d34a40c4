using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>Gives other gateways the streams that began at this one.</summary>
internal sealed class StreamHome(StreamTable streams, NodeLog log) : IStreamHome
{
    public void Begin(TenantId tenant, string id, INodeCaller caller)
    {
        var sink = new FarSink(caller);
        caller.Started(sink, "", TimeSpan.Zero);
        _ = ServeAsync(tenant, id, StreamRequest.Of(caller.Request), sink);
    }

    private async Task ServeAsync(TenantId tenant, string id, StreamRequest request, FarSink sink)
    {
        try
        {
            if (request.Stops)
            {
                if (await streams.StopAsync(tenant, request.UserId, id)) await sink.StoppedAsync();
                else await sink.RefuseAsync(StreamsEndpoint.NotFound);
            }
            else if (streams.Find(tenant, request.UserId, id) is { } stream)
            {
                await stream.ReadAsync(sink, request.Offset, sink.Gone);
            }
            else
            {
                await sink.RefuseAsync(StreamsEndpoint.NotFound);
            }
        }
        catch (OperationCanceledException) when (sink.Gone.IsCancellationRequested)
        {
            // The stream waits for its next reader.
        }
        catch (Exception e)
        {
            log.CallFaulted(e, tenant);
            sink.Abort();
        }
    }
}
