namespace Relay.Core.Nodes;

/// <summary>Which node last served what belongs together. The one that was longest unused is forgotten first.</summary>
internal sealed class Affinities(int limit)
{
    private readonly Dictionary<(string Model, string Key), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _used = new();

    internal int Count => _entries.Count;

    internal string? Find(string model, string? key) => key is not null && _entries.TryGetValue((model, key), out var entry) ? entry.Value.NodeId : null;

    internal void Remember(string model, string? key, string nodeId)
    {
        if (key is null || limit == 0) return;
        if (_entries.Remove((model, key), out var known)) _used.Remove(known);
        if (_entries.Count >= limit)
        {
            _entries.Remove((_used.First!.Value.Model, _used.First.Value.Key));
            _used.RemoveFirst();
        }

        _entries.Add((model, key), _used.AddLast(new Entry(model, key, nodeId)));
    }

    private sealed record Entry(string Model, string Key, string NodeId);
}
