using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The sockets of a cluster: each gateway is asked for its own.</summary>
internal sealed class ClusterSockets(OrleansRuntime runtime) : ISocketRuntime
{
    private volatile ISocketHost _here = new NoSockets();

    /// <summary>The sockets of this process.</summary>
    public ISocketHost Here => _here;

    public void Serve(ISocketHost host) => _here = host;

    public async ValueTask<int> PushToAllAsync(TenantId tenant, Frame frame) =>
        (await AskAsync(here => here.PushToAll(tenant, frame), gateway => gateway.PushToAll(tenant.Name, frame.Bytes))).Sum();

    public async ValueTask<SocketPage> ListAsync(TenantId tenant, SocketChoice which, string? after, int limit)
    {
        var query = new SocketQuery(tenant.Name, which.UserId, which.ConnectionId);
        var lists = await AskAsync(here => SocketList.Of(here.List(tenant, which, after, limit)), gateway => gateway.ListSockets(query, after, limit));
        var sockets = lists.SelectMany(static list => list.Sockets).Select(static item => new SocketInfo(item.ConnectionId, item.UserId, item.Job));
        return SocketPage.Of(lists.Sum(static list => list.Total), sockets, after, limit);
    }

    public async ValueTask<int> CloseAsync(TenantId tenant, SocketChoice which, ErrorCode error)
    {
        var query = new SocketQuery(tenant.Name, which.UserId, which.ConnectionId);
        return (await AskAsync(here => here.Close(tenant, which, error), gateway => gateway.CloseSockets(query, (int)error))).Sum();
    }

    // All are asked, also when one of them does not answer: what could be done has been done when the call fails.
    private async Task<T[]> AskAsync<T>(Func<ISocketHost, T> here, Func<IGatewayObserver, Task<T>> there)
    {
        var self = runtime.Gateway;
        var others = (await runtime.Grains.Gateways().List(self.Directory)).Where(gateway => gateway.Id != self.Id);
        return await Task.WhenAll([.. others.Select(gateway => there(gateway.Observer).WaitAsync(runtime.Options.CallTimeout, runtime.Time)), Task.FromResult(here(_here))]);
    }

    private sealed class NoSockets : ISocketHost
    {
        public int PushToAll(TenantId tenant, Frame frame) => 0;

        public SocketPage List(TenantId tenant, SocketChoice which, string? after, int limit) => new(0, []);

        public int Close(TenantId tenant, SocketChoice which, ErrorCode error) => 0;
    }
}
