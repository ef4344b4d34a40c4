using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>Counts the tokens that a model server reports. The host registers it; nodes' chats are counted on their way and not here.</summary>
public interface IChatUsage
{
    /// <summary>A chat of a user has ended, whichever way.</summary>
    /// <param name="user">The user.</param>
    /// <param name="prompt">Tokens of the question.</param>
    /// <param name="completion">Tokens of the answer.</param>
    void Count(UserIdentity user, long prompt, long completion);
}
