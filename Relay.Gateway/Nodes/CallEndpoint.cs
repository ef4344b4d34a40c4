using Relay.Core;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Nodes;

/// <summary>A request that runs on a node: read as far as the relay needs to, and passed on as it is.</summary>
internal sealed class CallEndpoint(RelaySettings settings, IRelayRuntime runtime, StreamTable streams, OpenCalls open, NodeCallCounters counters, NodeLog log, TimeProvider time)
{
    /// <summary>Says which calls belong together, where the body has no <c>prompt_cache_key</c>.</summary>
    public const string SessionHeader = "X-Session-Id";

    private readonly RequestBodies _bodies = new(settings.Nodes.MaxWaitingBytes);

    public async Task HandleAsync(HttpContext context, Caller caller, string path)
    {
        try
        {
            var (body, unread) = await _bodies.ReadAsync(context, caller.Options.MaxBodyBytes);
            if (body is not { Length: > 0 })
            {
                await Refusal(unread, caller.Options).WriteAsync(context);
            }
            else if (!CallBody.TryRead(body, out var read, out var fault))
            {
                _bodies.Release(caller.Tenant, body.Length);
                await new CallError(StatusCodes.Status400BadRequest, "invalid_body", fault.Message, fault.Param).WriteAsync(context);
            }
            else
            {
                var ask = new NodeAsk(read.Model, caller.Key, Affinity(context, read));
                var trace = CallTrace.Begin(caller.Tenant, null);
                var inbox = new CallInbox(new(HttpMethods.Post, path, CallTrace.Add(trace, RequestHeaders.Of(context.Request)), body), time) { Trace = trace };
                await (context.Request.Headers[ReplayStream.IdHeader] is [{ } id, ..] ? ResumableAsync(context, caller, ask, inbox, id) : DirectAsync(context, caller, ask, inbox));
            }
        }
        catch (Exception e) when ((e is OperationCanceledException or IOException) && context.RequestAborted.IsCancellationRequested)
        {
            // Whoever has left gets no answer.
        }
    }

    private static CallError Refusal(BodyFault fault, RelayNodesOptions options) => fault switch
    {
        BodyFault.None => new(StatusCodes.Status400BadRequest, "invalid_body", "The request has no body."),
        BodyFault.TooBig => new(StatusCodes.Status413PayloadTooLarge, "body_too_big", $"The body is over nodes.max_body_bytes ({options.MaxBodyBytes})."),
        BodyFault.Busy => CallError.Busy(TimeSpan.FromSeconds(1)),
        BodyFault.TooSlow => new(StatusCodes.Status400BadRequest, "bad_request", "The body came too slowly."),
        BodyFault.Unreadable => new(StatusCodes.Status400BadRequest, "bad_request", "The body could not be read."),
    };

    private static string? Affinity(HttpContext context, CallBody read)
    {
        var said = read.CacheKey ?? context.Request.Headers[SessionHeader].ToString();
        return said.Length > 0 ? CallerKey.Hash(said) : null;
    }

    private async Task DirectAsync(HttpContext context, Caller caller, NodeAsk ask, CallInbox inbox)
    {
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((CallInbox)state!).GiveUp(), inbox);
        await RunAsync(caller, ask, inbox, new HttpSink(context, time, caller.Options.IdleTimeout));
    }

    // The work does not end with the connection that asked for it: that is the stream's first reader, and others may go on with it.
    private async Task ResumableAsync(HttpContext context, Caller caller, NodeAsk ask, CallInbox inbox, string id)
    {
        var (stream, error) = Ids.IsValid(id)
            ? await streams.AddAsync(caller, id)
            : (null, new CallError(StatusCodes.Status400BadRequest, "invalid_stream_id", $"{ReplayStream.IdHeader} is 1 to {Ids.MaxBytes} bytes."));
        if (stream is null)
        {
            _bodies.Release(caller.Tenant, inbox.Request.Body.Length);
            inbox.Dispose();
            inbox.Trace?.Failed(error!.Code);
            inbox.Trace?.End();
            await error!.WriteAsync(context);
            return;
        }

        stream.OnStop(inbox.GiveUp);
        _ = RunDetachedAsync(caller, ask, inbox, stream);
        context.Response.Headers[ReplayStream.IdHeader] = id;
        await stream.ReadAsync(new HttpSink(context, time, caller.Options.IdleTimeout, offset: 0), 0, context.RequestAborted);
    }

    private async Task RunDetachedAsync(Caller caller, NodeAsk ask, CallInbox inbox, ReplayStream stream)
    {
        try
        {
            await RunAsync(caller, ask, inbox, stream);
        }
        catch (Exception e)
        {
            // A bug of ours, which no request is there to tell of.
            log.CallFaulted(e, caller.Tenant);
            stream.Stop();
        }
    }

    private async Task RunAsync(Caller caller, NodeAsk ask, CallInbox inbox, ICallSink sink)
    {
        open.Add(inbox, caller.Tenant);
        try
        {
            await new CallRunner(inbox, runtime.Nodes.Call(caller.Tenant, ask, inbox), ask, sink, caller.Options, counters, caller.Meter, inbox.Trace).RunAsync();
        }
        finally
        {
            open.Remove(inbox);
            _bodies.Release(caller.Tenant, inbox.Request.Body.Length);
        }
    }
}
