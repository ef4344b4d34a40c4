using Relay.Core;

namespace Relay.Gateway.Limits;

/// <summary>Users whose limits are counted for the whole cluster: whoever counts is asked first, and the tenant's limits are looked at as ever.</summary>
internal sealed partial class LimitTable
{
    /// <summary>The bytes of an HTTP request have come.</summary>
    internal void Took(UserKey key, int bytes)
    {
        if (!IsShared(key.Tenant, key.UserId, out var user) || user is null) return;
        user.Take(0, bytes, Now);
        user.Leave();
    }

    /// <summary>Users that are kept, of those whose limits the cluster counts.</summary>
    internal int SharedUsers => _shared?.Count ?? 0;

    // Without a user there is nobody who could still be told of: too many wait for an answer.
    private bool IsShared(TenantId tenant, string? userId, out SharedUser? user)
    {
        user = null;
        if (_shared is not { } shared || string.IsNullOrEmpty(userId) || _limits(tenant).User is not { IsNone: false } limits) return false;
        user = shared.Enter(new(tenant, userId), limits);
        return true;
    }

    private async ValueTask<LimitRefusal?> TryConnectAsync(TenantId tenant, SharedUser? user)
    {
        if (user is null) return RefuseUnanswered(tenant, LimitKind.UserConnects);
        try
        {
            return await user.ConnectAsync() switch
            {
                null => TryConnect(tenant, (string?)null),
                { } unanswered when unanswered == Timeout.InfiniteTimeSpan => RefuseUnanswered(tenant, LimitKind.UserConnects),
                { } after => Refuse(tenant, LimitKind.UserConnects, after),
            };
        }
        finally
        {
            user.Leave();
        }
    }

    private async ValueTask<(ConnectionMeter? Meter, LimitRefusal? Refusal)> OpenAsync(TenantId tenant, SharedUser? user)
    {
        if (user is null) return (null, RefuseUnanswered(tenant, LimitKind.UserConnections));
        var granted = await user.OpenAsync();
        if (granted != true)
        {
            user.Leave();
            return (null, granted is null ? RefuseUnanswered(tenant, LimitKind.UserConnections) : Refuse(tenant, LimitKind.UserConnections, TimeSpan.Zero));
        }

        lock (_gate)
        {
            var ledger = Find(tenant, _limits(tenant));
            if (ledger.Limits.TryOpen())
            {
                ledger.Holders++;
                return (new(this, ledger, null, user), null);
            }
        }

        user.Close();
        user.Leave();
        return (null, Refuse(tenant, LimitKind.TenantConnections, TimeSpan.Zero));
    }

    private async ValueTask<(RequestMeter? Meter, LimitRefusal? Refusal)> TryMessageAsync(TenantId tenant, SharedUser? user)
    {
        if (user is null) return (null, RefuseUnanswered(tenant, LimitKind.UserMessages));
        try
        {
            if (user.BytesOwed(Now) is { Ticks: > 0 } owed) return (null, Refuse(tenant, LimitKind.UserBytes, owed));
            while (user.TryTakeMessage(Now) is var answer && answer is not (TokenAnswer.Taken or TokenAnswer.Free))
            {
                if (answer == TokenAnswer.None) return (null, Refuse(tenant, LimitKind.UserMessages, user.NoMessagesFor(Now)));
                if (user.Lacks(wantsMessage: true, Now) is { Answered: { } answered } && !await user.WaitAsync(answered)) return (null, RefuseUnanswered(tenant, LimitKind.UserMessages));
            }

            var (meter, refusal) = TryMessage(tenant, null);
            return (meter?.With(new UserKey(tenant, user.Id)), refusal);
        }
        finally
        {
            user.Leave();
        }
    }

    private LimitRefusal Refuse(TenantId tenant, LimitKind kind, TimeSpan retryAfter)
    {
        lock (_gate) return Refuse(kind, retryAfter, Find(tenant, _limits(tenant)));
    }

    private LimitRefusal RefuseUnanswered(TenantId tenant, LimitKind kind)
    {
        Counters.CountUnanswered();
        return Refuse(tenant, kind, TimeSpan.Zero) with { IsUnanswered = true };
    }
}
