using Relay.Core.Limits;

namespace Relay.Core.Runtime;

/// <summary>Who counts the limits of users in a cluster.</summary>
public interface IUserLimitRuntime
{
    /// <summary>How often a gateway that has something reports, whether there is news or not.</summary>
    TimeSpan ReportEvery { get; }

    /// <summary>How long somebody waits for an answer.</summary>
    TimeSpan Patience { get; }

    /// <summary>Who counts a user's limits.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The part of the user's tenant.</returns>
    CentralKey OwnerOf(UserKey user);

    /// <summary>See <see cref="UserShares.Report"/>. Fails when nobody can be reached.</summary>
    /// <param name="owner">Who counts.</param>
    /// <param name="number">The report's number.</param>
    /// <param name="wishes">The news.</param>
    /// <returns>What is granted, or null.</returns>
    ValueTask<UserGrants?> ReportAsync(CentralKey owner, long number, IReadOnlyList<UserWish> wishes);

    /// <summary>Says who knows what this process has.</summary>
    /// <param name="host">Who knows.</param>
    void Serve(IUserLimitHost host);
}

/// <summary>What a process has of the users' limits.</summary>
public interface IUserLimitHost
{
    /// <summary>Somebody has begun to count anew. What a predecessor answers from here on does not count any more.</summary>
    /// <param name="owner">Who counts.</param>
    /// <param name="life">Its number.</param>
    /// <returns>All that this process has.</returns>
    UserHoldings Hold(CentralKey owner, long life);
}
