using Relay.Abstractions;
using Relay.Core;
using Relay.Plugins.Ai;

namespace Relay.Gateway.Limits;

/// <summary>Adds the tokens of chats that plugins have with other servers than nodes to the tenants' usage.</summary>
internal sealed class ChatUsage(LimitTable limits) : IChatUsage
{
    public void Count(UserIdentity user, long prompt, long completion) => limits.Tokens(new TenantId(user.Tenant)).Answered(0, prompt, completion);
}
