using Relay.Core.Nodes.Wire;

namespace Relay.Gateway.Nodes;

/// <summary>Chooses what a node's upstream is told of a caller's headers: what describes the body and the answer, and never who calls. It leaves room for those of the trace.</summary>
internal static class RequestHeaders
{
    public static IReadOnlyList<KeyValuePair<string, string>> Of(HttpRequest request)
    {
        var headers = new List<KeyValuePair<string, string>>(4);
        var bytes = 0;
        foreach (var (name, values) in request.Headers)
        {
            var lower = name.ToLowerInvariant();
            if (!Passes(lower)) continue;
            var value = values.Count == 1 ? values[0] ?? "" : string.Join(", ", values.AsEnumerable());
            bytes += lower.Length + value.Length;
            if (lower.Length > NodeWire.MaxHeaderNameBytes || value.Length > NodeWire.MaxHeaderValueBytes || bytes > NodeWire.MaxHeadersBytes - CallTrace.HeaderBytes || headers.Count == NodeWire.MaxHeaders - CallTrace.Headers) continue;
            if (value.All(static c => c is '\t' or (>= ' ' and <= '~')) && value.Trim() == value) headers.Add(new(lower, value));
        }

        return headers;
    }

    private static bool Passes(string name) => name is "content-type" or "accept" or "x-request-id" || name.StartsWith("openai-", StringComparison.Ordinal);
}
