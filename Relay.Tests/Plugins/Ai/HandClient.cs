using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace Relay.Tests.Plugins.Ai;

/// <summary>A chat client that a test plays by hand, one answer for all its chats.</summary>
internal sealed class HandClient : IChatClient
{
    private readonly Channel<Func<ChatResponseUpdate>> _answer = Channel.CreateUnbounded<Func<ChatResponseUpdate>>();
    private readonly Channel<int> _asked = Channel.CreateUnbounded<int>();
    private int _taken;

    public List<ChatMessage> Messages { get; private set; } = [];
    public ChatOptions? Options { get; private set; }

    /// <summary>Ends when a chat's token fired.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a chat asks for its next update; gives how many it has taken.</summary>
    public async Task<int> AskedAsync() => await _asked.Reader.ReadAsync().AsTask().WaitAsync(AiHost.Patience);

    /// <summary>How many updates chats have asked for and no test has awaited.</summary>
    public int Asking => _asked.Reader.Count;

    public void Say(string text) => Play(() => new(ChatRole.Assistant, text));

    public void Finish(string reason) => Play(() => new() { FinishReason = new(reason) });

    public void Break(Exception failure) => Play(() => throw failure);

    public void Play(Func<ChatResponseUpdate> update) => _answer.Writer.TryWrite(update);

    public void Close() => _answer.Writer.Complete();

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Messages = [.. messages];
        Options = options;
        try
        {
            while (true)
            {
                _asked.Writer.TryWrite(_taken);
                if (!await _answer.Reader.WaitToReadAsync(cancellationToken))
                    yield break;
                _taken++;
                _answer.Reader.TryRead(out var update);
                yield return update!();
            }
        }
        finally
        {
            if (cancellationToken.IsCancellationRequested)
                Cancelled.TrySetResult();
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
