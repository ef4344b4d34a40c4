namespace Relay.Plugins.Ai;

/// <summary>Where a chat's answer goes.</summary>
internal interface IChatOutput
{
    /// <summary>Fires when nobody wants the answer any more.</summary>
    CancellationToken Cancelled { get; }

    /// <summary>Takes a part of the answer once there is room for it.</summary>
    /// <returns>False when nobody wants it.</returns>
    ValueTask<bool> WriteAsync(string text);

    /// <summary>Takes the end.</summary>
    void End(ChatEnd end);

    /// <summary>The work goes on although there is nothing to send yet.</summary>
    void KeepAlive();
}

/// <summary>How a chat ends: the terminal frame.</summary>
/// <param name="Name">Its topic, or an error's code.</param>
/// <param name="Data">Its data, or empty.</param>
/// <param name="Fault">What a person reads of an error; null when it is none.</param>
internal sealed record ChatEnd(string Name, byte[] Data, string? Fault = null);
