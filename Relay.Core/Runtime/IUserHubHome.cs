using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What a user hub's host knows of the tenant around it: the central hub, in this process or in a cluster.</summary>
internal interface IUserHubHome
{
    /// <summary>The process's hubs.</summary>
    HubRuntime Runtime { get; }

    /// <summary>What the tenant's instances of a plugin share in this process.</summary>
    PluginPool Pool(int plugin);

    /// <summary>As <see cref="Hubs.IUserHubPort.ReportActivity"/>.</summary>
    void ReportActivity(UserHubActor hub, int clients, long joins);

    /// <summary>As <see cref="Hubs.IUserHubPort.ReportEnded"/>.</summary>
    void ReportEnded(UserHubActor hub, long joins, bool forGood);

    /// <summary>The user has a later hub in another process: this one ends, and what befalls it until then is nobody's fault.</summary>
    /// <returns>False when there are no other processes.</returns>
    bool Supersede(UserHubActor hub);

    /// <summary>As <see cref="Hubs.IUserHubPort.ReportGroup"/>.</summary>
    void ReportGroup(UserHubActor hub, string group, bool member);

    /// <summary>Sends a frame to all members of a group.</summary>
    void PushToGroup(string group, Frame frame);
}
