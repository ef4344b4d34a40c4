namespace Relay.Core.Limits;

/// <summary>
/// The limits of users whose sockets are at several gateways. A socket is opened when it was granted here, and messages are paid with tokens that were borrowed
/// here, so that all gateways together never exceed a limit, and one that is alone has all of it. The truth is at the gateways (DESIGN rule 7): each report says
/// what a gateway has, and counts for it until the next. A synchronous state machine; a gateway that is silent for the lease has nothing.
/// </summary>
/// <param name="life">Its number; that of a successor is higher.</param>
/// <param name="lease">How long a gateway may be silent.</param>
public sealed class UserShares(long life, TimeSpan lease)
{
    private readonly Dictionary<string, Gateway> _gateways = new(StringComparer.Ordinal);
    private readonly Dictionary<string, User> _users = new(StringComparer.Ordinal);
    private TimeSpan? _last;
    private TimeSpan _swept;

    /// <summary>Its number.</summary>
    public long Life => life;

    /// <summary>Users that are remembered.</summary>
    public int Users => _users.Count;

    /// <summary>A gateway tells all that it has, because this machine has begun anew.</summary>
    /// <param name="id">The gateway.</param>
    /// <param name="holdings">What it has.</param>
    /// <param name="turn">The turn.</param>
    public void Restore(string id, UserHoldings holdings, Turn turn)
    {
        var gateway = new Gateway { Heard = turn.Now, Number = holdings.Number };
        foreach (var (user, held) in holdings.Users) gateway.Held[user] = held;
        _gateways[id] = gateway;
        _last = turn.Now;
    }

    /// <summary>A gateway says what it has, and what it wants.</summary>
    /// <param name="id">The gateway.</param>
    /// <param name="number">Higher with each of its reports: an earlier one may come late.</param>
    /// <param name="wishes">What it has and wants of those users of whom there is news.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>What it is given, or null when it has reported again since.</returns>
    public UserGrants? Report(string id, long number, IReadOnlyList<UserWish> wishes, Turn turn)
    {
        Forget(turn);
        var isUnknown = !_gateways.TryGetValue(id, out var gateway);
        if (gateway is null) _gateways.Add(id, gateway = new());
        if (number <= gateway.Number) return null;
        (gateway.Number, gateway.Heard) = (number, turn.Now);
        return new(life, isUnknown, [.. wishes.Select(wish => Grant(gateway, wish, turn))]);
    }

    private UserGrant Grant(Gateway gateway, UserWish wish, Turn turn)
    {
        var (limits, held) = (wish.Limits, wish.Held);
        gateway.Held[wish.UserId] = held;
        var all = Sum(wish.UserId);
        if (!_users.TryGetValue(wish.UserId, out var user)) _users.Add(wish.UserId, user = new());
        var opens = limits.Connections == 0 ? wish.Opens : Math.Clamp(limits.Connections - all.Open, 0, wish.Opens);
        var (connects, connectsAfter) = user.Connect(wish.Connects, limits.ConnectsPerSecond, turn.Now);
        var (messages, messagesAfter) = (0L, TimeSpan.Zero);
        if (limits.MessagesPerSecond > 0) messages = user.Messages.Lend(wish.Messages, all.Messages, limits.MessagesPerSecond, turn.Now, out messagesAfter);
        var (bytes, bytesAfter) = (0L, TimeSpan.Zero);
        if (limits.BytesPerSecond > 0) bytes = user.Bytes.Lend(wish.Bytes, all.Bytes, limits.BytesPerSecond, turn.Now, out bytesAfter);

        held = new(held.Open + opens, held.Messages + messages, held.Bytes + bytes);
        if (held is { Open: 0, Messages: <= 0, Bytes: <= 0 }) gateway.Held.Remove(wish.UserId);
        else gateway.Held[wish.UserId] = held;
        return new(opens, connects, connectsAfter, messages, messagesAfter, bytes, bytesAfter);
    }

    // What was moved before it was paid for is a gateway's own to settle: it is not lent.
    private UserHolding Sum(string user)
    {
        var (open, messages, bytes) = (0, 0L, 0L);
        foreach (var (_, gateway) in _gateways)
        {
            if (!gateway.Held.TryGetValue(user, out var held)) continue;
            open += held.Open;
            messages += Math.Max(0, held.Messages);
            bytes += Math.Max(0, held.Bytes);
        }

        return new(open, messages, bytes);
    }

    private void Forget(Turn turn)
    {
        // Gateways report more often than that: if none was heard, it is whoever hosts this machine that stood still, and the silence is not theirs.
        var silence = turn.Now - (_last ?? turn.Now);
        if (silence > lease / 2)
            foreach (var (_, gateway) in _gateways) gateway.Heard += silence;
        _last = turn.Now;
        foreach (var (id, gateway) in _gateways)
            if (turn.Now - gateway.Heard >= lease) _gateways.Remove(id);
        if (turn.Now - _swept < lease) return;
        _swept = turn.Now;
        foreach (var (id, user) in _users)
            if (user.IsWhole(turn.Now) && !_gateways.Values.Any(gateway => gateway.Held.ContainsKey(id))) _users.Remove(id);
    }

    private sealed class Gateway
    {
        internal Dictionary<string, UserHolding> Held { get; } = new(StringComparer.Ordinal);

        internal TimeSpan Heard { get; set; }

        internal long Number { get; set; }
    }

    private sealed class User
    {
        private RateLimit _connects;

        // Fields: they are changed where they are.
        internal LentRate Messages;
        internal LentRate Bytes;

        internal bool IsWhole(TimeSpan now) => _connects.IsWhole(now) && Messages.IsWhole(now) && Bytes.IsWhole(now);

        internal (int Taken, TimeSpan After) Connect(int wanted, int rate, TimeSpan now)
        {
            if (rate == 0) return (wanted, TimeSpan.Zero);
            var taken = 0;
            while (taken < wanted && _connects.TryTake(1, rate, now)) taken++;
            return (taken, taken == wanted ? TimeSpan.Zero : _connects.WaitFor(1, rate, now));
        }
    }
}
