using System.Text.Json;
using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>Carries one chat from the upstream to its client: deltas, then exactly one end.</summary>
internal sealed class ChatRun(PluginContext context, IChatOutput output, RunningChat chat, TimeSpan idleTimeout)
{
    private static readonly TimeSpan PulseInterval = TimeSpan.FromSeconds(1);

    private string? _finishReason;
    private UsageDetails? _usage;

    /// <summary>Runs the chat. Whatever the upstream does, this does not throw.</summary>
    public async Task RunAsync(IChatClient client, ChatRequest request, ChatOptions options)
    {
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, context.Time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(output.Cancelled, chat.Stopped, silence.Token);
        var ended = over.Token;
        // A model may think for longer than plugins.detached_idle_timeout: how long it may, is idle_timeout's to say.
        using var pulse = context.Time.CreateTimer(_ => Pulse(ended), null, PulseInterval, PulseInterval);
        try
        {
            await CopyAsync(client.GetStreamingResponseAsync(request.Messages, options, ended), silence, ended);
            End(failure: null, silence.IsCancellationRequested);
        }
        // A client is foreign code and may throw anything: that is the upstream's fault and no crash of this instance.
        catch (Exception failure)
        {
            End(failure, silence.IsCancellationRequested);
        }
    }

    private void Pulse(CancellationToken ended)
    {
        // A client that ignores its cancellation is not kept alive.
        if (!ended.IsCancellationRequested)
            output.KeepAlive();
    }

    private async Task CopyAsync(IAsyncEnumerable<ChatResponseUpdate> answer, CancellationTokenSource silence, CancellationToken ended)
    {
        await using var updates = answer.GetAsyncEnumerator(ended);
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
                output.KeepAlive();
            else if (!await output.WriteAsync(text))
                return;
        }
    }

    private void End(Exception? failure, bool silent)
    {
        // Nobody waits for an end any more.
        if (output.Cancelled.IsCancellationRequested)
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

    private void Done(string reason) => output.End(new ChatEnd("done", JsonSerializer.SerializeToUtf8Bytes(new DoneData(reason, UsageData.From(_usage)), AiJson.Wire.DoneData)));

    private void Silent()
    {
        context.Log.UpstreamSilent(idleTimeout.TotalSeconds);
        output.End(new ChatEnd("upstream_timeout", [], "The upstream was silent for too long."));
    }

    private void Failed(ChatUpstreamException failure)
    {
        if (failure.IsUnknownToNodes)
        {
            output.End(new ChatEnd("no_upstream", [], failure.Message));
            return;
        }

        // The type alone: an exception's text may quote the answer or the prompt.
        context.Log.UpstreamFailed(failure.Status, (failure.InnerException ?? failure).GetType().Name);
        var data = new UpstreamErrorData(failure.Status, failure.Code);
        output.End(new ChatEnd("upstream_error", JsonSerializer.SerializeToUtf8Bytes(data, AiJson.Wire.UpstreamErrorData), failure.Message));
    }
}
