using Relay.Core.Nodes;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>Reads a stream of another gateway, or stops it, for one of this gateway's callers.</summary>
internal sealed class FarReader(CallInbox inbox, CallLink link, ICallSink sink)
{
    private INodeCall? _call;
    private StreamTail _tail;
    private bool _isEvents;
    private bool _hasBegun;

    private static CallError Lost { get; } = new(StatusCodes.Status502BadGateway, "stream_lost", "The relay process that had the stream was lost, and the stream with it.");

    public async Task RunAsync()
    {
        try
        {
            link.Ask([]);
            while (await HandleAsync(await inbox.NextAsync())) { }
        }
        finally
        {
            link.Leave();
            _call?.Cancel();
            inbox.Dispose();
        }
    }

    // Whether there may be more.
    private async ValueTask<bool> HandleAsync(CallNews news)
    {
        switch (news.Kind)
        {
            case CallNews.Kinds.Refused:
                await sink.RefuseAsync(StreamsEndpoint.NotFound);
                return false;
            case CallNews.Kinds.Started:
                _call = news.Call;
                return true;
            case CallNews.Kinds.Answered:
                await BeginAsync((CallHead)news.What!);
                return true;
            case CallNews.Kinds.Bytes:
                return await PassAsync(news.Bytes);
            case CallNews.Kinds.Ended:
                _call = null;
                await sink.EndAsync();
                return false;
            case CallNews.Kinds.Failed:
                _call = null;
                var (failure, message) = ((CallFailure, string))news.What!;
                await FailAsync(failure, message);
                return false;
            default:
                return false;
        }
    }

    private async ValueTask BeginAsync(CallHead head)
    {
        _hasBegun = true;
        _isEvents = head.Headers.FirstOrDefault(static header => header.Key == "content-type").Value?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true;
        await sink.BeginAsync(head, head.Headers.FirstOrDefault(static header => header.Key == FarSink.NodeHeader).Value ?? "", null);
        // A head without a body yet is told at once.
        await sink.FlushAsync();
    }

    private async ValueTask<bool> PassAsync(ReadOnlyMemory<byte> bytes)
    {
        sink.Write(bytes);
        _tail.Add(bytes.Span);
        if (!await sink.FlushAsync()) return false;
        _call!.Passed(bytes.Length);
        return true;
    }

    private async ValueTask FailAsync(CallFailure failure, string message)
    {
        if (!_hasBegun)
        {
            await sink.RefuseAsync((failure == CallFailure.NodeFailed ? StreamRequest.Refusal(message) : null) ?? Lost);
        }
        else if (_isEvents && failure == CallFailure.NodeLost)
        {
            sink.Write(Lost.ToEvent(_tail.IsInside));
            await sink.FlushAsync();
            await sink.EndAsync();
        }
        else
        {
            sink.Abort();
        }
    }
}
