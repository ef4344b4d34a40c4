using System.Threading.Channels;
using Relay.Core.Nodes;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>What a caller is told, in order.</summary>
internal readonly record struct CallNews(CallNews.Kinds Kind, INodeCall? Call = null, object? What = null, ReadOnlyMemory<byte> Bytes = default)
{
    public enum Kinds
    {
        Refused,
        Started,
        Answered,
        Bytes,
        Ended,
        Failed,
        Silence,
        Gone,
        Closed,
    }
}

/// <summary>
/// A call's caller as nodes see it: takes what comes from any thread, for one that reads it in order. Bounded by the call's window. It also keeps the clock of
/// silence, and hears that nobody wants the answer any more.
/// </summary>
internal sealed class CallInbox : INodeCaller, IDisposable
{
    private readonly Channel<CallNews> _news = Channel.CreateUnbounded<CallNews>(new() { SingleReader = true });
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private TimeSpan _limit = Timeout.InfiniteTimeSpan;
    private long _heard;
    private volatile bool _isOver;

    public CallInbox(CallRequest request, TimeProvider time)
    {
        (Request, _time) = (request, time);
        _timer = time.CreateTimer(static state => ((CallInbox)state!).LookAtClock(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CallRequest Request { get; }

    public TimeProvider Time => _time;

    /// <summary>The call's span, where it is traced.</summary>
    public CallTrace? Trace { get; init; }

    public ValueTask<CallNews> NextAsync() => _news.Reader.ReadAsync();

    public bool TryNext(out CallNews news) => _news.Reader.TryRead(out news);

    /// <summary>Whether nothing has been heard for as long as was expected; otherwise the clock goes on. Reader only.</summary>
    public bool IsSilent
    {
        get
        {
            if (_limit == Timeout.InfiniteTimeSpan) return false;
            var left = Left;
            if (left > TimeSpan.Zero) _timer.Change(left, Timeout.InfiniteTimeSpan);
            return left <= TimeSpan.Zero;
        }
    }

    private TimeSpan Left => _limit - _time.GetElapsedTime(Volatile.Read(ref _heard));

    /// <summary>Something was heard, or is waited for from now on: <see cref="CallNews.Kinds.Silence"/> comes when nothing is heard for so long. Reader only.</summary>
    public void Expect(TimeSpan limit)
    {
        Volatile.Write(ref _heard, _time.GetTimestamp());
        // The timer finds out by itself that something was heard.
        if (_limit == limit) return;
        _limit = limit;
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Nobody wants the answer any more. Any thread.</summary>
    public void GiveUp() => _news.Writer.TryWrite(new(CallNews.Kinds.Gone));

    /// <summary>The relay ends the call. Any thread.</summary>
    public void Break(CallError error) => _news.Writer.TryWrite(new(CallNews.Kinds.Closed, What: error));

    void INodeCaller.Refuse(CallRefusal reason) => _news.Writer.TryWrite(new(CallNews.Kinds.Refused, What: reason));

    void INodeCaller.Started(INodeCall call, string nodeId, TimeSpan waited)
    {
        _news.Writer.TryWrite(new(CallNews.Kinds.Started, call, nodeId));
        if (_isOver) CancelLeft();
    }

    void INodeCaller.Answer(INodeCall call, CallHead head) => _news.Writer.TryWrite(new(CallNews.Kinds.Answered, call, head));

    void INodeCaller.Take(INodeCall call, ReadOnlyMemory<byte> bytes) => _news.Writer.TryWrite(new(CallNews.Kinds.Bytes, call, Bytes: bytes));

    void INodeCaller.End(INodeCall call) => _news.Writer.TryWrite(new(CallNews.Kinds.Ended, call));

    void INodeCaller.Fail(INodeCall call, CallFailure failure, string message) => _news.Writer.TryWrite(new(CallNews.Kinds.Failed, call, (failure, message)));

    /// <summary>Nothing is read any more. A node that is found for it now is told at once.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _isOver = true;
        CancelLeft();
    }

    private void CancelLeft()
    {
        while (_news.Reader.TryRead(out var news))
            if (news.Kind == CallNews.Kinds.Started) news.Call!.Cancel();
    }

    private void LookAtClock()
    {
        if (_isOver) return;
        // Never before its time by a clock that ticks in milliseconds.
        if (Left is var left && left > TimeSpan.Zero) _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        else _news.Writer.TryWrite(new(CallNews.Kinds.Silence));
    }
}
