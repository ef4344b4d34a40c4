using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Benchmarks;

/// <summary>A connection that takes everything and counts it.</summary>
internal sealed class NullConnection(string userId) : IHubConnection
{
    public string Id { get; } = userId;

    public UserIdentity Identity { get; } = new("default", userId);

    public bool IsClosed => false;

    public bool HasRoom => true;

    public long Frames { get; private set; }

    public void Answer(Frame frame, Credit credit) => Frames++;

    public void Push(Frame frame) => Frames++;

    public void Return(Credit credit)
    {
    }

    public void KeepOpen(int by)
    {
    }

    public void Close(ErrorCode error)
    {
    }

    public bool WhenRoom(IRoomWaiter waiter) => false;
}
