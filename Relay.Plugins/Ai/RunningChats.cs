namespace Relay.Plugins.Ai;

/// <summary>The chats of one user that are under way. Chats end on any thread while others are stopped.</summary>
internal sealed class RunningChats
{
    private readonly List<RunningChat> _chats = new(1);

    public RunningChat Add(string connectionId, string? requestId)
    {
        var chat = new RunningChat(connectionId, requestId);
        lock (_chats)
            _chats.Add(chat);
        return chat;
    }

    public void Remove(RunningChat chat)
    {
        lock (_chats)
            _chats.Remove(chat);
    }

    /// <summary>
    /// Stops the connection's chat of that id; when it has none, the user's on other connections, so that a chat that
    /// outlives its connection can be stopped from the next one.
    /// </summary>
    /// <returns>False when there was none.</returns>
    public bool Stop(string connectionId, string requestId)
    {
        RunningChat[] found;
        lock (_chats)
        {
            found = [.. _chats.Where(chat => chat.RequestId == requestId)];
        }
        if (Array.Exists(found, chat => chat.ConnectionId == connectionId))
            found = Array.FindAll(found, chat => chat.ConnectionId == connectionId);
        foreach (var chat in found)
            chat.Stop();
        return found.Length > 0;
    }
}

/// <summary>One chat that is under way.</summary>
internal sealed class RunningChat(string connectionId, string? requestId)
{
    // Not disposed: a stop may come while the chat ends, and without a timer there is nothing to free.
    private readonly CancellationTokenSource _stop = new();

    public string ConnectionId { get; } = connectionId;

    public string? RequestId { get; } = requestId;

    /// <summary>Fires when the client stops the chat.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>The callbacks run elsewhere: what a client does on cancellation must not take the time, or be the fault, of the stopping message.</summary>
    public void Stop() => _ = _stop.CancelAsync();
}
