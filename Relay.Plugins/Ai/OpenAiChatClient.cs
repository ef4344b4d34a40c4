using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Relay.Plugins.Ai;

/// <summary>An OpenAI-compatible upstream as an <see cref="IChatClient"/>.</summary>
/// <remarks>
/// The package's <see cref="ChatClient"/> makes the call by its protocol method; the answer is read here. Its typed stream
/// throws on what compatible servers really send (a <c>finish_reason</c> outside OpenAI's five, or an empty one) and cannot
/// tell a stream that ended from one that broke off.
/// </remarks>
internal sealed class OpenAiChatClient : IChatClient
{
    private const int MaxEventBytes = 1024 * 1024;

    private readonly ChatClient _chat;
    private readonly ChatClientMetadata _metadata;
    private readonly string? _apiKey;

    public OpenAiChatClient(Uri baseUrl, string? apiKey, HttpClient? http = null)
    {
        _apiKey = apiKey;
        _metadata = new("openai", baseUrl);
        // The package wants a model and a key: the model is in each request's body, and a server that needs no key ignores one.
        _chat = new("unused", new ApiKeyCredential(apiKey ?? "unused"), new OpenAIClientOptions
        {
            Endpoint = baseUrl,
            Transport = new EventStreamTransport(http ?? SharedHttp.Client),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0), // a chat costs money: the client decides whether to ask again
            ClientLoggingOptions = new() { EnableLogging = false },
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(messages, options, cancellationToken);
        if (response.Status != 200)
            throw await UpstreamFault.ReadAsync(response, _apiKey, cancellationToken);
        if (response.Headers.TryGetValue("Content-Type", out var type) && type?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) != true)
            throw new ChatUpstreamException("The upstream did not answer with a stream of events.", response.Status);

        var bytes = new BoundedStream(response.ContentStream!, MaxEventBytes);
        await using var events = SseParser.Create(bytes, static (_, data) => ChatChunk.Parse(data)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var (any, finished) = (false, false);
        while (await NextAsync(events))
        {
            var chunk = events.Current.Data;
            if (chunk.IsDone)
            {
                finished |= any;
                break;
            }
            any = true;
            finished |= chunk.FinishReason is not null;
            bytes.Grant();
            if (chunk.Error is { } error)
                throw UpstreamFault.FromEvent(error, chunk.ErrorCode, _apiKey);
            yield return chunk.ToUpdate();
        }
        if (!finished)
            throw new ChatUpstreamException(any ? "The upstream broke off its answer." : "The upstream sent an empty answer.");
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <summary>Nothing to free: the connections are shared.</summary>
    public void Dispose()
    {
    }

    private async Task<PipelineResponse> SendAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellation)
    {
        var request = new RequestOptions { BufferResponse = false, CancellationToken = cancellation, ErrorOptions = ClientErrorBehaviors.NoThrow };
        using var body = BinaryContent.Create(ChatRequestBody.Write(messages, options?.ModelId));
        try
        {
            return (await _chat.CompleteChatAsync(body, request)).GetRawResponse();
        }
        catch (Exception error) when (error is ClientResultException or HttpRequestException or IOException && !cancellation.IsCancellationRequested)
        {
            throw new ChatUpstreamException("The upstream cannot be reached.", inner: error);
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<ChatChunk>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new ChatUpstreamException("The upstream broke off its answer.", inner: error);
        }
    }
}
