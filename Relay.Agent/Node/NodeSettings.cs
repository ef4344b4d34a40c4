using Relay.Agent.Connecting;

namespace Relay.Agent.Node;

/// <summary>What a node was started with.</summary>
/// <param name="Relay">The relay's socket for nodes.</param>
/// <param name="Upstream">The model server's address, as an OpenAI client has it: up to <c>/v1</c>.</param>
/// <param name="UpstreamKey">What the model server wants as a key.</param>
/// <param name="NodeId">The node's id, one of its tenant's.</param>
/// <param name="Models">What it serves; empty when the model server is to be asked.</param>
/// <param name="Concurrency">How many requests it takes at once.</param>
internal sealed record NodeSettings(RelayTarget Relay, Uri Upstream, TokenSource UpstreamKey, string NodeId, IReadOnlyList<string> Models, int Concurrency);
