using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>The machines that have dialled in to serve models, as a way for chats. The host registers it where there are such.</summary>
public interface IChatNodes
{
    /// <summary>A way to send requests to the nodes of a user's tenant, as if they were a server with an OpenAI-compatible API under <c>/v1</c>.</summary>
    /// <param name="user">Who asks.</param>
    /// <returns>The way. A model that no node serves is answered 404 with the code <c>model_not_found</c>.</returns>
    HttpMessageHandler For(UserIdentity user);
}
