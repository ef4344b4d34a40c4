using System.Net.Http.Headers;
using System.Text.Json;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Nodes;

/// <summary>
/// Leads one call from its question to its end: finds another node while nothing of an answer has reached the caller, passes the answer on as it comes, and ends
/// it in a way that the caller understands.
/// </summary>
internal sealed class CallRunner(CallInbox inbox, CallLink link, NodeAsk ask, ICallSink sink, RelayNodesOptions options, NodeCallCounters counters, RequestMeter? meter, CallTrace? trace = null)
{
    // Nodes that may fail at one call before it is given up.
    private const int MaxFailures = 4;

    // Of an answer that is no stream so much is kept back: until it is complete, or longer, another node can still give a better one.
    private const int KeptBack = 64 * 1024;

    private readonly List<string> _failed = [];
    private readonly List<ReadOnlyMemory<byte>> _kept = [];
    private INodeCall? _call;
    private string _nodeId = "";
    private CallHead? _head;
    private CallError _failure = CallError.NodeLost;
    private StreamTail _tail;
    private TokenUsageReader _tokens;
    private long _written;
    private bool _isMetered;
    private int _keptBytes;
    private bool _isEvents;
    private bool _hasBegun;
    private long _began;

    public async Task RunAsync()
    {
        var isDone = false;
        _began = counters.Calls.Begin(inbox.Time);
        try
        {
            link.Ask(_failed);
            while (!isDone) isDone = await HandleAsync(await inbox.NextAsync());
        }
        finally
        {
            link.Leave();
            _call?.Cancel();
            inbox.Dispose();
            TellMeter();
            trace?.End();
        }
    }

    private ValueTask<bool> HandleAsync(CallNews news)
    {
        // What an earlier node still says.
        if (news.Kind is not (CallNews.Kinds.Started or CallNews.Kinds.Refused or CallNews.Kinds.Silence or CallNews.Kinds.Gone or CallNews.Kinds.Closed) && news.Call != _call) return new(false);
        switch (news.Kind)
        {
            case CallNews.Kinds.Refused:
                return RefuseAsync(Refusal((CallRefusal)news.What!));
            case CallNews.Kinds.Started:
                (_call, _nodeId) = (news.Call, (string)news.What!);
                trace?.Started(_nodeId);
                inbox.Expect(options.FirstByteTimeout);
                return new(false);
            case CallNews.Kinds.Answered:
                return AnswerAsync((CallHead)news.What!);
            case CallNews.Kinds.Bytes:
                return PassAsync(news.Bytes);
            case CallNews.Kinds.Ended:
                return EndAsync();
            case CallNews.Kinds.Failed:
                var (failure, message) = ((CallFailure, string))news.What!;
                _call = null;
                return FailAsync(failure == CallFailure.NodeLost ? CallError.NodeLost : CallError.NodeFailed(message));
            case CallNews.Kinds.Silence:
                // While an answer waited for its reader nobody listened.
                if (!inbox.IsSilent) return new(false);
                return _hasBegun ? BreakAsync(CallError.IdleTimeout) : RefuseAsync(CallError.FirstByteTimeout);
            case CallNews.Kinds.Closed:
                return _hasBegun ? BreakAsync((CallError)news.What!) : RefuseAsync((CallError)news.What!);
            default:
                Count(CallOutcome.Cancelled);
                trace?.Failed("cancelled");
                if (_hasBegun) sink.Abort();
                return new(true);
        }
    }

    // Once, and before the caller sees the end.
    private void TellMeter()
    {
        if (!_hasBegun || _isMetered) return;
        _isMetered = true;
        meter?.Answered(_written, _tokens.Prompt, _tokens.Completion);
    }

    private CallError Refusal(CallRefusal reason) => reason switch
    {
        CallRefusal.UnknownModel => CallError.UnknownModel(ask.Model),
        CallRefusal.Busy => CallError.Busy(options.QueueTime),
        CallRefusal.NoOther => _failure,
    };

    private ValueTask<bool> AnswerAsync(CallHead head)
    {
        var type = head.Headers.FirstOrDefault(static header => header.Key == "content-type").Value;
        var media = MediaTypeHeaderValue.TryParse(type, out var parsed) ? parsed.MediaType : null;
        _isEvents = "text/event-stream".Equals(media, StringComparison.OrdinalIgnoreCase);
        var isJson = "application/json".Equals(media, StringComparison.OrdinalIgnoreCase) || media?.EndsWith("+json", StringComparison.OrdinalIgnoreCase) == true;
        trace?.Answered(head.Status);
        if (_isEvents || isJson)
        {
            _head = head;
            return new(false);
        }

        CancelCall();
        return FailAsync(CallError.BadUpstream($"The node's upstream answered {head.Status} with {(media is null ? "no content type" : Shown(media))}, which is neither JSON nor a stream of events."));
    }

    private async ValueTask<bool> PassAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!_hasBegun && !_isEvents && _keptBytes + bytes.Length <= KeptBack)
        {
            _kept.Add(bytes);
            _keptBytes += bytes.Length;
            _call!.Passed(bytes.Length);
            inbox.Expect(options.FirstByteTimeout);
            return false;
        }

        await BeginAsync(null);
        Write(bytes);
        // What has come meanwhile leaves with it.
        var passed = new PassedBytes(bytes.Length);
        CallNews? next = null;
        while (inbox.TryNext(out var more))
        {
            if (more.Kind != CallNews.Kinds.Bytes || more.Call != _call)
            {
                next = more;
                break;
            }

            Write(more.Bytes);
            passed.Add(more.Bytes.Length);
        }

        if (!await sink.FlushAsync())
        {
            trace?.Failed("cancelled");
            Count(CallOutcome.Cancelled);
            return true;
        }

        passed.Tell(_call!);
        inbox.Expect(options.IdleTimeout);
        return next is { } unread && await HandleAsync(unread);
    }

    private async ValueTask<bool> EndAsync()
    {
        _call = null;
        if (_head is null) return await FailAsync(CallError.BadUpstream("The node ended its answer before it began."));
        await BeginAsync(_keptBytes);
        await sink.FlushAsync();
        TellMeter();
        await sink.EndAsync();
        Count(CallOutcome.Served);
        return true;
    }

    private async ValueTask BeginAsync(long? length)
    {
        if (_hasBegun) return;
        _hasBegun = true;
        counters.FirstBytes.End(inbox.Time, _began);
        await sink.BeginAsync(_head!, _nodeId, _isEvents ? null : length);
        foreach (var bytes in _kept) Write(bytes);
        _kept.Clear();
    }

    private void Write(ReadOnlyMemory<byte> bytes)
    {
        sink.Write(bytes);
        _tail.Add(bytes.Span);
        _tokens.Add(bytes.Span);
        _written += bytes.Length;
    }

    // Another node, as long as nothing has reached the caller.
    private ValueTask<bool> FailAsync(CallError error)
    {
        if (_hasBegun) return BreakAsync(error);
        if (!_failed.Contains(_nodeId)) _failed.Add(_nodeId);
        _failure = error;
        if (_failed.Count >= MaxFailures) return RefuseAsync(error);
        (_head, _isEvents, _keptBytes) = (null, false, 0);
        _kept.Clear();
        inbox.Expect(Timeout.InfiniteTimeSpan);
        counters.Retried();
        link.Ask([.. _failed]);
        return new(false);
    }

    private async ValueTask<bool> RefuseAsync(CallError error)
    {
        trace?.Failed(error.Code);
        CancelCall();
        Count(error.Status == StatusCodes.Status404NotFound ? CallOutcome.UnknownModel : error.Status == StatusCodes.Status503ServiceUnavailable ? CallOutcome.Busy : CallOutcome.Failed);
        await sink.RefuseAsync(error);
        return true;
    }

    private async ValueTask<bool> BreakAsync(CallError error)
    {
        trace?.Failed(error.Code);
        CancelCall();
        Count(CallOutcome.Broken);
        if (_isEvents)
        {
            sink.Write(error.ToEvent(_tail.IsInside));
            await sink.FlushAsync();
            await sink.EndAsync();
        }
        else
        {
            sink.Abort();
        }

        return true;
    }

    private void Count(CallOutcome outcome)
    {
        counters.Count(outcome);
        counters.Calls.End(inbox.Time, _began, JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()));
    }

    private void CancelCall()
    {
        _call?.Cancel();
        _call = null;
    }

    private static string Shown(string media) => media.Length <= 64 ? media : media[..64];

    // Each chunk is given back by itself, and mostly there is one.
    private struct PassedBytes(int first)
    {
        private List<int>? _more;

        public void Add(int bytes) => (_more ??= []).Add(bytes);

        public readonly void Tell(INodeCall call)
        {
            call.Passed(first);
            foreach (var bytes in _more ?? []) call.Passed(bytes);
        }
    }
}
