using System.Text;
using Relay.Abstractions;

namespace Relay.Tests.Contract;

/// <summary><c>t_</c>: does whatever a bad plugin does. The message's data names the gate that it waits at.</summary>
[RelayPlugin("t_", IdempotentTopics = ["redo", "restream"])]
internal class TestPlugin(Probe probe) : IRelayPlugin, IDisposable
{
    private readonly int _instance = Begin(probe);
    private PluginContext _context = null!;

    public async ValueTask StartAsync(PluginContext context, CancellationToken cancellation)
    {
        _context = context;
        probe.Fault("start");
        if (context.User.UserId == "slow-starter") await probe.Gate("start");
    }

    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        var gate = message.Data.IsEmpty ? "" : Encoding.UTF8.GetString(message.Data.Span).Trim('"');
        switch (message.Topic)
        {
            case "say":
                message.Reply("said", message.Data.Span);
                return default;
            case "silent":
                return default;
            case "twice":
                message.Reply("said");
                probe.Tell("twice", message.Reply("said") || message.Fail("again", "m") ? "sent" : "dropped");
                return default;
            case "instance":
                message.Reply("instance", Encoding.UTF8.GetBytes($"{_instance}"));
                return default;
            case "throw":
                throw new InvalidOperationException("planned: sync");
            case "fail":
                message.Fail("bad", "m", "1"u8);
                return default;
            case "block":
                probe.Tell("blocked");
                probe.Gate(gate).Wait(CancellationToken.None);
                probe.Tell("late", message.Reply("said") ? "sent" : "dropped");
                return default;
            case "leak":
                _ = LeakAsync(gate);
                message.Reply("said");
                return default;
            case "end":
                message.Reply("ending");
                _context.End();
                return default;
            case "push":
                _context.Push("pushed", message.Data.Span);
                _context.Push("others", message.Data.Span, "s", message.ConnectionId);
                _context.PushTo(message.ConnectionId, "mine", message.Data.Span);
                _context.PushTo("nobody", "mine", message.Data.Span);
                return default;
            case "enter":
                _context.JoinGroup(gate);
                message.Reply("said");
                return default;
            case "quit":
                _context.LeaveGroup(gate);
                message.Reply("said");
                return default;
            case "group":
                _context.PushToGroup(gate, "heard", message.Data.Span);
                return default;
            default:
                return HandleLaterAsync(message, gate, cancellation);
        }
    }

    public void Dispose() => probe.Tell("disposed", $"{_instance}");

    private static int Begin(Probe probe)
    {
        probe.Fault("constructor");
        return probe.NextInstance();
    }

    private async ValueTask HandleLaterAsync(PluginMessage message, string gate, CancellationToken cancellation)
    {
        switch (message.Topic)
        {
            case "throwlater":
                await Task.Yield();
                throw new InvalidOperationException("planned: async");
            case "wait":
            case "redo":
                probe.Tell("waiting");
                await probe.Gate(gate);
                probe.Tell("late", message.Reply("said", message.Data.Span) ? "sent" : "dropped");
                break;
            case "endthen":
                _context.End();
                probe.Tell("ending");
                await probe.Gate(gate);
                message.Reply(cancellation.IsCancellationRequested ? "cancelled" : "said");
                break;
            case "obey":
                probe.Tell("waiting");
                await probe.Gate(gate).WaitAsync(cancellation);
                message.Reply("said");
                break;
            case "write":
                await _context.Store.PutAsync("k", "before"u8.ToArray(), null, CancellationToken.None);
                probe.Tell("waiting");
                await probe.Gate(gate);
                _context.Push("pushed", "1"u8);
                try
                {
                    await _context.Store.PutAsync("k", "after"u8.ToArray(), null, CancellationToken.None);
                    probe.Tell("write", "written");
                }
                catch (StoreFencedException)
                {
                    probe.Tell("write", "fenced");
                }

                break;
            case "read":
                message.Reply("value", await _context.Store.GetAsync("k", cancellation) is { } value ? Encoding.UTF8.GetBytes($"\"{Encoding.UTF8.GetString(value.Value.Span)}\"") : "null"u8);
                break;
            case "chat":
            case "stubborn":
            case "restream":
                await ChatAsync(message, gate);
                break;
        }
    }

    private async Task ChatAsync(PluginMessage message, string gate)
    {
        var stream = message.Detach(survivesDisconnect: message.Topic == "stubborn");
        probe.Tell("chatting");
        try
        {
            await probe.Gate(gate).WaitAsync(stream.Cancelled);
        }
        catch (OperationCanceledException)
        {
            probe.Tell("chat", "cancelled");
            return;
        }

        var parts = 0;
        while (parts < 3 && await stream.WriteAsync("part", Encoding.UTF8.GetBytes($"{parts}"))) parts++;
        probe.Tell("chat", stream.End("done") ? $"{parts} parts" : "dropped");
    }

    private async Task LeakAsync(string gate)
    {
        await probe.Gate(gate);
        probe.Tell("leaked");
        throw new InvalidOperationException("planned: leaked");
    }
}

/// <summary><c>o_</c>: the same class again, another plugin of the same user.</summary>
[RelayPlugin("o_")]
internal sealed class OtherPlugin(Probe probe) : TestPlugin(probe);

/// <summary><c>q_</c>: promises to be quick, and breaks the promise when told to.</summary>
[RelayPlugin("q_", Inline = true)]
internal sealed class QuickPlugin(Probe probe) : TestPlugin(probe);

/// <summary><c>v_</c>: asks for a scope.</summary>
[RelayPlugin("v_", RequiredScope = "vault")]
internal sealed class ScopedPlugin(Probe probe) : TestPlugin(probe);

/// <summary><c>w_</c>: starts with the hub and tells of its life.</summary>
[RelayPlugin("w_", AutoStart = true)]
internal sealed class LifePlugin(Probe probe) : IRelayPlugin
{
    private PluginContext _context = null!;

    public ValueTask StartAsync(PluginContext context, CancellationToken cancellation)
    {
        _context = context;
        return Tell("start");
    }

    public ValueTask HandleAsync(PluginMessage message, CancellationToken cancellation)
    {
        message.Reply("said");
        return default;
    }

    public ValueTask ResumeAsync(CancellationToken cancellation) => Tell("resume");

    public ValueTask ShutdownAsync(CancellationToken cancellation)
    {
        var told = Tell("shutdown");
        probe.Fault("shutdown");
        return told;
    }

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        await Tell("stop");
        if (_context.User.UserId == "slow-stopper") await probe.Gate("stop");
    }

    private ValueTask Tell(string what)
    {
        probe.Tell("life " + _context.User.UserId, what);
        return default;
    }
}
