namespace Relay.Core.Plugins;

/// <summary>The plugin host as its requests see it. Called from plugin code's threads.</summary>
public interface IRequestOwner
{
    /// <summary>The plugin's prefix.</summary>
    string Prefix { get; }

    /// <summary>The time.</summary>
    TimeSpan Now { get; }

    /// <summary>Asks to keep one more request open.</summary>
    /// <returns>False when there are too many.</returns>
    bool TryOpen();

    /// <summary>How many requests may be open.</summary>
    int MaxOpen { get; }

    /// <summary>A handler has detached its request.</summary>
    /// <param name="request">The request.</param>
    void Detached(PluginRequest request);

    /// <summary>A detached request has got its terminal.</summary>
    /// <param name="request">The request.</param>
    void Closed(PluginRequest request);

    /// <summary>A terminal came too late and was dropped; for the counters.</summary>
    void LateTerminal();
}
