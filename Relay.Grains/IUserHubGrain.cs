using Orleans.Concurrency;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A user's hub. Its calls are short: none waits for a plugin.</summary>
[Alias("relay.IUserHubGrain")]
internal interface IUserHubGrain : IGrainWithStringKey
{
    /// <summary>A connection wants to join.</summary>
    /// <param name="gateway">Its gateway.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="isNew">Whether no other gateway can hold a connection of the user.</param>
    /// <param name="left">Connections of the gateway that have left, in case that the join overtakes the news: their places are free.</param>
    [AlwaysInterleave, Alias("Join")]
    Task<JoinReply> Join(GatewayRef gateway, ConnectionInfo connection, bool isNew, string[] left);

    /// <summary>A gateway repeats all that it holds of the user.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="held">What it holds.</param>
    /// <param name="number">Higher than those of the connections that the gateway has ever had when it made the list.</param>
    [AlwaysInterleave, Alias("Sync")]
    Task<SyncReply> Sync(GatewayRef gateway, Holding held, long number);

    /// <summary>A gateway's next batch.</summary>
    /// <returns>False when the hub of that epoch, or the gateway, is not known here: nothing was taken, sync first.</returns>
    [AlwaysInterleave, Alias("Accept")]
    Task<bool> Accept(string gateway, long epoch, long batch, ClientItem[] items);

    /// <summary>See <see cref="Core.Runtime.IRelayRuntime.PushToUserAsync"/>.</summary>
    [AlwaysInterleave, Alias("Push")]
    Task<int> Push([Immutable] byte[] frame);

    /// <summary>See <see cref="Core.Runtime.IRelayRuntime.PushToConnectionAsync"/>.</summary>
    [AlwaysInterleave, Alias("PushTo")]
    Task<bool> PushTo(string connection, [Immutable] byte[] frame);

    /// <summary>See <see cref="Core.Runtime.IRelayRuntime.JoinGroupAsync"/>.</summary>
    [AlwaysInterleave, Alias("SetGroup")]
    Task<bool> SetGroup(string group, bool member);

    /// <summary>See <see cref="Core.Runtime.IRelayRuntime.RevivePluginAsync"/>.</summary>
    [AlwaysInterleave, Alias("Revive")]
    Task<bool> Revive(string prefix);

    /// <summary>Describes the hub; null when there is none.</summary>
    [AlwaysInterleave, Alias("Describe")]
    Task<HubView?> Describe();

    /// <summary>The central hub finds the hub idle.</summary>
    [AlwaysInterleave, Alias("Collect")]
    Task Collect(long joins);

    /// <summary>The central hub has forgotten the hub, which did not end in time.</summary>
    [AlwaysInterleave, Alias("Abandon")]
    Task Abandon();
}
