using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>The sockets of the one process that there is.</summary>
internal sealed class LocalSockets : ISocketRuntime
{
    private volatile ISocketHost? _host;

    public void Serve(ISocketHost host) => _host = host;

    public ValueTask<int> PushToAllAsync(TenantId tenant, Frame frame) => new(_host?.PushToAll(tenant, frame) ?? 0);

    public ValueTask<SocketPage> ListAsync(TenantId tenant, SocketChoice which, string? after, int limit) => new(_host?.List(tenant, which, after, limit) ?? new(0, []));

    public ValueTask<int> CloseAsync(TenantId tenant, SocketChoice which, ErrorCode error) => new(_host?.Close(tenant, which, error) ?? 0);
}
