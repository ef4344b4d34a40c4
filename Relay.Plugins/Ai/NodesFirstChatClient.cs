using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Relay.Plugins.Ai;

/// <summary>Asks the tenant's nodes, and the configured upstream for a model that none of them serves.</summary>
/// <param name="nodes">The nodes.</param>
/// <param name="upstream">The upstream, or null.</param>
internal sealed class NodesFirstChatClient(IChatClient nodes, IChatClient? upstream) : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var asked = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        await using var answer = nodes.GetStreamingResponseAsync(asked, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        if (await BeginsAsync(answer))
        {
            do yield return answer.Current;
            while (await answer.MoveNextAsync());
            yield break;
        }

        if (upstream is null) throw new ChatUpstreamException("No node serves the model, and no upstream is configured.") { IsUnknownToNodes = true };
        await foreach (var update in upstream.GetStreamingResponseAsync(asked, options, cancellationToken).ConfigureAwait(false)) yield return update;
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <summary>Nothing to free: the ways are shared.</summary>
    public void Dispose()
    {
    }

    // An answer always has an update: one without any is an error of its client's.
    private static async ValueTask<bool> BeginsAsync(IAsyncEnumerator<ChatResponseUpdate> answer)
    {
        try
        {
            return await answer.MoveNextAsync();
        }
        catch (ChatUpstreamException refusal) when (refusal is { Status: 404, Code: "model_not_found" })
        {
            return false;
        }
    }
}
