using System.Text.Json;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Tests.Support;

namespace Relay.Tests.Simulation;

/// <summary>A client that sends, reads, stops reading and goes away, and checks what comes back.</summary>
internal sealed class SimulatedConnection(World world, string id, string userId) : IHubConnection
{
    private readonly Dictionary<string, bool> _requests = [];
    private readonly int[] _lastSent = new int[World.Prefixes.Length];
    private readonly int[] _lastHandled = new int[World.Prefixes.Length];
    private readonly List<IRoomWaiter> _waiters = [];
    private bool _room = true;
    private int _credit;
    private int _keptOpen;

    public string Id => id;

    public string UserId => userId;

    public UserIdentity Identity { get; } = new("default", userId);

    public bool IsClosed { get; private set; }

    public bool HasRoom => _room || IsClosed;

    /// <summary>The hub that it has joined.</summary>
    public SimulatedHub? Hub { get; set; }

    public int InFlight => _credit;

    public int KeptOpen => _keptOpen;

    public int Unanswered => _requests.Count(request => !request.Value);

    public Channel ToHub { get; } = new(world, $"{id} to hub");

    public void Send(int plugin)
    {
        var request = $"{plugin}.{++_lastSent[plugin]}";
        _requests.Add(request, false);
        _credit++;
        var message = Messages.Of(World.Prefixes[plugin] + "x", request);
        var hub = Hub!;
        ToHub.Post(() => hub.Hub.Dispatch(this, message, world.Turn));
    }

    /// <summary>A plugin has been given a request: in the order of sending, skipping those that were answered otherwise.</summary>
    public void Handled(int plugin, string request)
    {
        var number = int.Parse(request.AsSpan(request.IndexOf('.') + 1), System.Globalization.CultureInfo.InvariantCulture);
        World.Check(number > _lastHandled[plugin], "a plugin was given messages out of order, or one twice");
        _lastHandled[plugin] = number;
    }

    public void Answer(Frame frame, Credit credit)
    {
        Return(credit);
        var json = JsonSerializer.Deserialize<JsonElement>(frame.Bytes);
        if (json.GetProperty("type").ValueEquals("plugin_status")) return;
        var request = json.GetProperty("request_id").GetString()!;
        World.Check(_requests.TryGetValue(request, out var answered) && !answered, "a request was answered twice");
        _requests[request] = true;
        world.Answers++;
    }

    public void Push(Frame frame)
    {
    }

    public void Return(Credit credit)
    {
        _credit -= credit.Messages;
        World.Check(_credit >= 0, "credit was returned twice");
    }

    public void KeepOpen(int by)
    {
        _keptOpen += by;
        World.Check(_keptOpen >= 0, "a detached request ended twice");
    }

    public void Close(ErrorCode error) => world.Leave(this);

    public bool WhenRoom(IRoomWaiter waiter)
    {
        if (HasRoom) return false;
        _waiters.Add(waiter);
        return true;
    }

    public void Fill() => _room = false;

    public void Drain()
    {
        _room = true;
        Tell();
    }

    public void Drop()
    {
        IsClosed = true;
        Tell();
    }

    private void Tell()
    {
        IRoomWaiter[] waiters = [.. _waiters];
        _waiters.Clear();
        foreach (var waiter in waiters) waiter.RoomAgain(this);
    }
}
