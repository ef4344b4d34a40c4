namespace Relay.Core.Nodes;

/// <summary>A caller's request, as the node gets it.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, from <c>/v1</c> on.</param>
/// <param name="Headers">The headers that matter to the node's upstream, names in lower case.</param>
/// <param name="Body">The body, unchanged.</param>
public sealed record CallRequest(string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body);

/// <summary>How a node's answer begins.</summary>
/// <param name="Status">The status of the node's upstream.</param>
/// <param name="Headers">Its headers, names in lower case.</param>
public sealed record CallHead(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers);

/// <summary>Why a node's answer broke off.</summary>
public enum CallFailure
{
    /// <summary>The node's connection was lost, or cut off.</summary>
    NodeLost,

    /// <summary>The node says that it, or its upstream, has failed.</summary>
    NodeFailed,
}
