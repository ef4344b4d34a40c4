namespace Relay.Core.Hubs;

/// <summary>A plugin's state as clients see it.</summary>
public enum PluginStatus
{
    /// <summary>Not started yet, or starting.</summary>
    Pending,

    /// <summary>Takes messages.</summary>
    Running,

    /// <summary>Ended by itself; the next message starts it again.</summary>
    Stopped,

    /// <summary>Crashed too often; stays so until the hub ends or an operator revives it.</summary>
    Failed,
}

internal static class PluginStatusNames
{
    internal static string Wire(this PluginStatus status) => status switch
    {
        PluginStatus.Pending => "pending",
        PluginStatus.Running => "running",
        PluginStatus.Stopped => "stopped",
        PluginStatus.Failed => "failed",
    };
}
