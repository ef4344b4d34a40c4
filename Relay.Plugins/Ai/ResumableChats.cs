namespace Relay.Plugins.Ai;

/// <summary>The chats of one user that another connection may go on with.</summary>
internal sealed class ResumableChats
{
    /// <summary>How many a user may have: each keeps up to <c>resume_bytes</c>.</summary>
    public const int Most = 16;

    private readonly Dictionary<string, ResumableChat> _chats = new(StringComparer.Ordinal);

    /// <summary>Adds a chat, unless there is one of that name or there are too many.</summary>
    /// <returns>The error's code, or null.</returns>
    public string? Add(string id, ResumableChat chat)
    {
        lock (_chats)
        {
            if (_chats.ContainsKey(id)) return "stream_exists";
            if (_chats.Count >= Most) return "busy";
            _chats.Add(id, chat);
            return null;
        }
    }

    public ResumableChat? Find(string id)
    {
        lock (_chats) return _chats.GetValueOrDefault(id);
    }

    public void Remove(string id)
    {
        lock (_chats) _chats.Remove(id);
    }
}
