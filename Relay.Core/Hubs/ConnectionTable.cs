namespace Relay.Core.Hubs;

/// <summary>A user's connections: few, so a list.</summary>
internal sealed class ConnectionTable
{
    private IHubConnection[] _connections = [];

    internal int Count => _connections.Length;

    internal ReadOnlySpan<IHubConnection> All => _connections;

    internal void Add(IHubConnection connection) => _connections = [.. _connections, connection];

    internal bool Remove(IHubConnection connection)
    {
        var index = Array.IndexOf(_connections, connection);
        if (index < 0) return false;
        _connections = [.. _connections.AsSpan(0, index), .. _connections.AsSpan(index + 1)];
        return true;
    }

    internal void Clear() => _connections = [];

    internal IHubConnection? Find(string id)
    {
        foreach (var connection in _connections)
            if (connection.Id == id) return connection;
        return null;
    }
}
