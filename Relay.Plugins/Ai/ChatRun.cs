using System.Text.Json;
using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>Carries one chat from the upstream to its client: deltas, then exactly one end.</summary>
internal sealed class ChatRun(PluginContext context, PluginStream stream, RunningChat chat, TimeSpan idleTimeout)
{
    private string? _finishReason;
    private UsageDetails? _usage;

    /// <summary>Runs the chat. Whatever the upstream does, this does not throw.</summary>
    public async Task RunAsync(IChatClient client, ChatRequest request, ChatOptions options)
    {
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, context.Time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stream.Cancelled, chat.Stopped, silence.Token);
        try
        {
            await CopyAsync(client.GetStreamingResponseAsync(request.Messages, options, over.Token), silence, over.Token);
            End(failure: null, silence.IsCancellationRequested);
        }
        // A client is foreign code and may throw anything: that is the upstream's fault and no crash of this instance.
        catch (Exception failure)
        {
            End(failure, silence.IsCancellationRequested);
        }
    }

    private async Task CopyAsync(IAsyncEnumerable<ChatResponseUpdate> answer, CancellationTokenSource silence, CancellationToken over)
    {
        await using var updates = answer.GetAsyncEnumerator(over);
        while (true)
        {
            silence.CancelAfter(idleTimeout);
            if (!await updates.MoveNextAsync())
                return;
            // Waiting for a slow reader is not the upstream's silence.
            silence.CancelAfter(Timeout.InfiniteTimeSpan);

            var update = updates.Current;
            _finishReason = update.FinishReason?.Value ?? _finishReason;
            foreach (var usage in update.Contents.OfType<UsageContent>())
                _usage = usage.Details;

            var text = update.Text;
            if (text.Length == 0)
                stream.KeepAlive();
            else if (!await stream.WriteAsync("delta", new DeltaData(text), AiJson.Wire.DeltaData))
                return;
        }
    }

    private void End(Exception? failure, bool silent)
    {
        // Nobody waits for an end any more.
        if (stream.Cancelled.IsCancellationRequested)
            return;

        // What goes wrong once the model has finished (a connection left open, a missing last line) costs the usage, not the answer.
        if (_finishReason is not null)
            Done(_finishReason);
        else if (chat.Stopped.IsCancellationRequested)
            Done("stopped");
        else if (failure is null)
            Done("stop");
        else if (silent)
            Silent();
        else
            Failed(failure as ChatUpstreamException ?? new("The upstream failed.", inner: failure));
    }

    private void Done(string reason) => stream.End("done", new DoneData(reason, UsageData.From(_usage)), AiJson.Wire.DoneData);

    private void Silent()
    {
        context.Log.UpstreamSilent(idleTimeout.TotalSeconds);
        stream.Fail("upstream_timeout", "The upstream was silent for too long.");
    }

    private void Failed(ChatUpstreamException failure)
    {
        // The type alone: an exception's text may quote the answer or the prompt.
        context.Log.UpstreamFailed(failure.Status, (failure.InnerException ?? failure).GetType().Name);
        var data = new UpstreamErrorData(failure.Status, failure.Code);
        stream.Fail("upstream_error", failure.Message, JsonSerializer.SerializeToUtf8Bytes(data, AiJson.Wire.UpstreamErrorData));
    }
}
