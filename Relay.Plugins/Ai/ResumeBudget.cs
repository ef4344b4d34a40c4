namespace Relay.Plugins.Ai;

/// <summary>What the resumable chats of one tenant keep together in this process.</summary>
internal sealed class ResumeBudget(long limit)
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool IsOver => Bytes > limit;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
