using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Relay.Core.Nodes;

namespace Relay.Gateway.Nodes;

/// <summary>An answer that is read in this process.</summary>
internal sealed class ChatAnswer : ICallSink
{
    // What waits for its reader before the node has to: the same as what HTTP holds.
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false));
    private readonly TaskCompletionSource<HttpResponseMessage> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CallInbox _inbox;
    private readonly CancellationTokenRegistration _givenUp;

    public ChatAnswer(CallInbox inbox, CancellationToken cancel)
    {
        _inbox = inbox;
        _givenUp = cancel.UnsafeRegister(static (state, token) => ((ChatAnswer)state!).GiveUp(token), this);
    }

    /// <summary>Its head; the body is read from it.</summary>
    public Task<HttpResponseMessage> Response => _response.Task;

    /// <summary>An answer that is an error.</summary>
    public static HttpResponseMessage Refusal(CallError error) => new((HttpStatusCode)error.Status)
    {
        // A pipe's stream: the client's library takes a stream of memory for one that nobody has read from.
        Content = new StreamContent(PipeReader.Create(new ReadOnlySequence<byte>(error.ToJson())).AsStream()) { Headers = { ContentType = new("application/json") } },
    };

    public async Task RunAsync(CallRunner runner)
    {
        try
        {
            await runner.RunAsync();
            await _pipe.Writer.CompleteAsync();
        }
        catch (Exception fault)
        {
            _response.TrySetException(fault);
            await _pipe.Writer.CompleteAsync(fault);
        }
        finally
        {
            _response.TrySetCanceled();
            await _givenUp.DisposeAsync();
        }
    }

    ValueTask ICallSink.RefuseAsync(CallError error)
    {
        _response.TrySetResult(Refusal(error));
        return default;
    }

    ValueTask ICallSink.BeginAsync(CallHead head, string nodeId, long? length)
    {
        var response = new HttpResponseMessage((HttpStatusCode)head.Status) { Content = new AnswerContent(_pipe.Reader.AsStream(), _inbox) };
        foreach (var (name, value) in head.Headers)
            if (name == "content-type") response.Content.Headers.TryAddWithoutValidation(name, value);
        _response.TrySetResult(response);
        return default;
    }

    void ICallSink.Write(ReadOnlyMemory<byte> bytes)
    {
        bytes.Span.CopyTo(_pipe.Writer.GetSpan(bytes.Length));
        _pipe.Writer.Advance(bytes.Length);
    }

    async ValueTask<bool> ICallSink.FlushAsync() => !(await _pipe.Writer.FlushAsync()).IsCompleted;

    ValueTask ICallSink.EndAsync() => _pipe.Writer.CompleteAsync();

    void ICallSink.Abort() => _pipe.Writer.Complete(new IOException("The node's answer broke off."));

    private void GiveUp(CancellationToken token)
    {
        _response.TrySetCanceled(token);
        _inbox.GiveUp();
    }

    // Whoever has done with the answer wants no more of it.
    private sealed class AnswerContent(Stream stream, CallInbox inbox) : StreamContent(stream)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing) inbox.GiveUp();
            base.Dispose(disposing);
        }
    }
}
