using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>Tells what a model server reports of its tokens, also of an answer that is broken off after the report. Of several reports the last counts.</summary>
internal sealed class MeteredChatClient(IChatClient inner, IChatUsage usage, UserIdentity user) : DelegatingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        UsageDetails? told = null;
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
            {
                foreach (var one in update.Contents.OfType<UsageContent>()) told = one.Details;
                yield return update;
            }
        }
        finally
        {
            if (told is not null) usage.Count(user, Bounded(told.InputTokenCount), Bounded(told.OutputTokenCount));
        }
    }

    // What a server says is not to be trusted with a bill.
    private static long Bounded(long? tokens) => tokens is >= 0 and <= int.MaxValue and var some ? some : 0;

    // The inner one is the host's, or shared.
    protected override void Dispose(bool disposing)
    {
    }
}
