using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Gateway.Limits;
using Relay.Gateway.Tenants;
using Relay.Plugins.Ai;

namespace Relay.Gateway.Nodes;

/// <summary>The way of <c>ai_</c> to the tenant's nodes: as a caller like any other, without a socket between.</summary>
internal sealed class NodeChats(TenantDirectory tenants, IServiceProvider services, NodeCallCounters counters, LimitTable limits, TimeProvider time) : IChatNodes
{
    public HttpMessageHandler For(UserIdentity user) => new Way(this, user);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, UserIdentity user, CancellationToken cancel)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancel);
        if (tenants.Find(new(user.Tenant)) is not { } tenant || !tenant.Jobs.HasFlag(TenantJobs.Nodes) || !CallBody.TryRead(body, out var read, out _)) return ChatAnswer.Refusal(CallError.UnknownModel(""));
        // One caller among the tenant's: a user's chats wait in the user's turn.
        var ask = new NodeAsk(read.Model, "u" + user.UserId, read.CacheKey is { } key ? CallerKey.Hash(key) : null);
        var trace = CallTrace.Begin(new(user.Tenant), "ai_");
        var inbox = new CallInbox(new(HttpMethods.Post, request.RequestUri!.AbsolutePath, CallTrace.Add(trace, [new("content-type", "application/json"), new("accept", "text/event-stream")]), body), time);
        var answer = new ChatAnswer(inbox, cancel);
        // Asked for late: the runtime itself is made with the plugins.
        var link = services.GetRequiredService<IRelayRuntime>().Nodes.Call(new TenantId(user.Tenant), ask, inbox);
        _ = answer.RunAsync(new CallRunner(inbox, link, ask, answer, tenant.Settings.Nodes, counters, limits.Tokens(new(user.Tenant)), trace));
        return await answer.Response;
    }

    private sealed class Way(NodeChats nodes, UserIdentity user) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => nodes.SendAsync(request, user, cancellationToken);
    }
}
