namespace Relay.Core.Plugins;

/// <summary>What bounds a plugin's inbox and its handlers.</summary>
/// <param name="MaxMessages">Messages that may wait: as many as all connections of a user have credit for.</param>
/// <param name="MaxBytes">Bytes of messages that may wait, likewise.</param>
/// <param name="HandlerTimeout">How long a handler, a start or a lifecycle call may take.</param>
/// <param name="DetachedIdleTimeout">How long a detached request may show no progress.</param>
/// <param name="CancelTimeout">How long an instance may take to end.</param>
public sealed record InboxLimits(int MaxMessages, long MaxBytes, TimeSpan HandlerTimeout, TimeSpan DetachedIdleTimeout, TimeSpan CancelTimeout);
