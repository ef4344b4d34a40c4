using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Plugins.Ai;
using Relay.Tests.Support;

namespace Relay.Tests.Plugins.Ai;

/// <summary>Nodes before the configured upstream.</summary>
public sealed class AiNodesTests
{
    [Fact]
    public async Task AModelOfANodeIsAskedThere()
    {
        var nodes = new FakeNodes(HttpStatusCode.OK, "text/event-stream", $"data: {ScriptedChatUpstream.Delta("from a node")}\n\ndata: {ScriptedChatUpstream.Finish("stop")}\n\ndata: [DONE]\n\n");
        var host = await HostAsync(nodes);
        var sent = await host.ChatAsync();
        Assert.Equal("from a node", sent[0].Data.GetProperty("text").GetString());
        Assert.Equal("done", sent[1].Topic);
        Assert.Equal("/v1/chat/completions", nodes.Path);
        Assert.Equal("default/alice", nodes.User);
    }

    [Fact]
    public async Task AModelThatNoNodeServesIsNoUpstreamsWithoutOne()
    {
        var host = await HostAsync(new FakeNodes(HttpStatusCode.NotFound, "application/json", """{"error":{"message":"No node serves the model 'm'.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"""));
        Assert.Equal("error:no_upstream", Assert.Single(await host.ChatAsync()).Topic);
    }

    [Fact]
    public async Task AModelThatNoNodeServesIsAskedForAtTheUpstream()
    {
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events(ScriptedChatUpstream.Delta("from the upstream"), ScriptedChatUpstream.Finish("stop"), "[DONE]"));
        var client = new NodesFirstChatClient(
            new OpenAiChatClient(new Uri("http://nodes.invalid/v1"), null, new HttpClient(new FakeNodes(HttpStatusCode.NotFound, "application/json", """{"error":{"message":"?","code":"model_not_found"}}"""))),
            new OpenAiChatClient(new Uri(upstream.BaseUrl), null));
        var host = await AiHost.WithAsync(client);
        Assert.Equal("from the upstream", (await host.ChatAsync())[0].Data.GetProperty("text").GetString());
    }

    [Fact]
    public async Task NodesThatAreBusyAreAnErrorAndNoReasonToAskElsewhere()
    {
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events(ScriptedChatUpstream.Delta("no")));
        var client = new NodesFirstChatClient(
            new OpenAiChatClient(new Uri("http://nodes.invalid/v1"), null, new HttpClient(new FakeNodes(HttpStatusCode.ServiceUnavailable, "application/json", """{"error":{"message":"busy","code":"no_capacity"}}"""))),
            new OpenAiChatClient(new Uri(upstream.BaseUrl), null));
        var host = await AiHost.WithAsync(client);
        var error = Assert.Single(await host.ChatAsync());
        Assert.Equal(("error:upstream_error", """{"status":503,"code":"no_capacity"}"""), (error.Topic, error.Data.GetRawText()));
        Assert.Empty(upstream.Requests);
    }

    private static Task<AiHost> HostAsync(FakeNodes nodes) => AiHost.FromAsync(new ServiceCollection().AddSingleton<IChatNodes>(nodes).BuildServiceProvider());

    private sealed class FakeNodes(HttpStatusCode status, string type, string body) : HttpMessageHandler, IChatNodes
    {
        public string? Path { get; private set; }

        public string? User { get; private set; }

        public HttpMessageHandler For(UserIdentity user)
        {
            User = $"{user.Tenant}/{user.UserId}";
            return this;
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Path = request.RequestUri!.AbsolutePath;
            // Not a stream of memory, which the client's library takes for one that nobody has read from.
            var stream = PipeReader.Create(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body))).AsStream();
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StreamContent(stream) { Headers = { ContentType = new(type) } } });
        }
    }
}
