namespace Relay.Core.Tunnel;

/// <summary>Why a tunnel ended.</summary>
public enum TunnelEnd
{
    /// <summary>Both directions ended in good order.</summary>
    Finished,

    /// <summary>The client broke it off.</summary>
    ClientReset,

    /// <summary>The client's socket ended without a goodbye, or was closed with tunnels open.</summary>
    ClientGone,

    /// <summary>The connection to the target was broken off.</summary>
    TargetLost,

    /// <summary>Nothing came for the idle timeout.</summary>
    Idle,

    /// <summary>The user, or the tenant, has had its bytes.</summary>
    Quota,

    /// <summary>The relay is being stopped.</summary>
    GoingAway,

    /// <summary>The identity's token ran out, or its tenant was suspended.</summary>
    Expired,
}

/// <summary>What the ends of tunnels are called.</summary>
public static class TunnelEnds
{
    /// <summary>The name in metrics and logs.</summary>
    /// <param name="end">The end.</param>
    /// <returns>The name.</returns>
    public static string Name(this TunnelEnd end) => end switch
    {
        TunnelEnd.Finished => "finished",
        TunnelEnd.ClientReset => "client_reset",
        TunnelEnd.ClientGone => "client_gone",
        TunnelEnd.TargetLost => "target_lost",
        TunnelEnd.Idle => "idle",
        TunnelEnd.Quota => "quota",
        TunnelEnd.GoingAway => "going_away",
        TunnelEnd.Expired => "expired",
    };

    /// <summary>What a client that has many tunnels is told of it.</summary>
    /// <param name="end">The end.</param>
    /// <returns>The reset's reason.</returns>
    public static TunnelReset Reset(this TunnelEnd end) => end switch
    {
        TunnelEnd.Idle => TunnelReset.Idle,
        TunnelEnd.Quota => TunnelReset.Quota,
        TunnelEnd.GoingAway => TunnelReset.GoingAway,
        _ => TunnelReset.Broken,
    };
}
