namespace Relay.Core.Nodes.Wire;

/// <summary>Which header fields go over the wire, and in which form: lower case, each name once, within the bounds, and none that belongs to one hop.</summary>
public static class NodeHeaders
{
    private static readonly HashSet<string> Hop = new(StringComparer.Ordinal)
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host",
    };

    // The caller's key is for the relay, and its address is nobody's business. A compressed answer could not be followed by an error event.
    private static readonly HashSet<string> CallerOnly = new(StringComparer.Ordinal)
    {
        "authorization", "api-key", "x-api-key", "cookie", "origin", "referer", "forwarded", "accept-encoding", "content-length", "expect",
    };

    private static readonly HashSet<string> NodeOnly = new(StringComparer.Ordinal) { "set-cookie", "alt-svc", "strict-transport-security", "server", "date" };

    /// <summary>A request's fields, from a caller to a node.</summary>
    /// <param name="fields">As they came; a name may stand more than once.</param>
    /// <returns>What goes over the wire.</returns>
    public static IReadOnlyList<KeyValuePair<string, string>> OfRequest(IEnumerable<KeyValuePair<string, string>> fields) =>
        Select(fields, static name => !CallerOnly.Contains(name) && !name.StartsWith("x-forwarded-", StringComparison.Ordinal) && !name.StartsWith("x-relay-", StringComparison.Ordinal));

    /// <summary>A response's fields, from a model server to the caller.</summary>
    /// <param name="fields">As they came; a name may stand more than once.</param>
    /// <returns>What goes over the wire.</returns>
    public static IReadOnlyList<KeyValuePair<string, string>> OfResponse(IEnumerable<KeyValuePair<string, string>> fields) =>
        Select(fields, static name => !NodeOnly.Contains(name) && !name.StartsWith("access-control-", StringComparison.Ordinal));

    private static List<KeyValuePair<string, string>> Select(IEnumerable<KeyValuePair<string, string>> fields, Func<string, bool> passes)
    {
        var given = fields.Select(static field => new KeyValuePair<string, string>(field.Key.ToLowerInvariant(), field.Value.Trim())).ToList();
        // What Connection names belongs to the hop as well.
        var named = given.Where(static field => field.Key == "connection").SelectMany(static field => field.Value.Split(',', StringSplitOptions.TrimEntries)).Select(static name => name.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
        var selected = new List<KeyValuePair<string, string>>();
        var bytes = 0;
        foreach (var group in given.GroupBy(static field => field.Key, static field => field.Value))
        {
            var value = string.Join(", ", group);
            if (Hop.Contains(group.Key) || named.Contains(group.Key) || !passes(group.Key) || !NodeMembers.IsHeaderName(group.Key) || !NodeMembers.IsHeaderValue(value)) continue;
            if (selected.Count == NodeWire.MaxHeaders || bytes + group.Key.Length + value.Length > NodeWire.MaxHeadersBytes) break;
            bytes += group.Key.Length + value.Length;
            selected.Add(new(group.Key, value));
        }

        return selected;
    }
}
