using Relay.Core;
using Relay.Core.Limits;

namespace Relay.Gateway.Limits;

/// <summary>What counts for one HTTP request that carries a message: a feature of the request, once it was admitted.</summary>
internal sealed class RequestMeter(LimitTable table, TenantLedger tenant, LimitAccount? user)
{
    /// <summary>Only tokens are counted: what else there is passes a socket, and is counted there.</summary>
    public bool CountsTokensOnly { get; init; }

    // Of a cluster: the user is looked up again, since nobody says when a request has ended.
    private UserKey? _shared;

    /// <summary>It is a user's whose limits the cluster counts.</summary>
    public RequestMeter With(UserKey key)
    {
        _shared = key;
        return this;
    }

    /// <summary>Its body has been read: the bytes are paid for by what comes after.</summary>
    public void Took(int bytes)
    {
        tenant.Usage.CountIn(1, bytes);
        var now = table.Now;
        tenant.Limits.Take(0, bytes, now);
        user?.Take(0, bytes, now);
        if (_shared is { } key) table.Took(key, bytes);
    }

    /// <summary>It was answered, as far as it was.</summary>
    /// <param name="bytes">The answer's bytes.</param>
    /// <param name="prompt">Tokens of the question that the model server reported.</param>
    /// <param name="completion">Tokens of the answer.</param>
    public void Answered(long bytes, long prompt, long completion)
    {
        if (!CountsTokensOnly) tenant.Usage.CountOut(1, bytes);
        if (prompt > 0 || completion > 0) tenant.Usage.CountTokens(prompt, completion);
    }
}
