using System.Text;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;

namespace Relay.Core.Hubs;

/// <content>Messages to plugins, and plugins' news.</content>
public sealed partial class UserHub
{
    /// <summary>A message of a connection.</summary>
    /// <param name="connection">Who sent it.</param>
    /// <param name="message">The message.</param>
    /// <param name="turn">The turn.</param>
    public void Dispatch(IHubConnection connection, in ClientEnvelope message, Turn turn)
    {
        if (_stopping)
        {
            connection.HandBack(message);
            return;
        }

        // With a connection the hub is active: this one has been let go, and its message must not start anything.
        if (_phase != Phase.Active)
        {
            Refuse(connection, message, ErrorCode.GoingAway, null);
            return;
        }

        if (_limits.MaxMessagesPerSecond is > 0 and var rate && !_rate.TryTake(rate, turn.Now))
        {
            if (_rate.Persists(rate)) Cut(connection, message, ErrorCode.RateLimited);
            else Refuse(connection, message, ErrorCode.RateLimited, $"The user has sent more than {rate} messages in a second.");
            return;
        }

        var index = message.HasEscapedType ? _prefixes.Find(Encoding.UTF8.GetBytes(message.TypeText())) : _prefixes.Find(message.Type);
        if (index < 0 || !IsOffered(index))
        {
            Refuse(connection, message, ErrorCode.PluginNotFound, $"No plugin takes messages of the type '{Shorten(message.TypeText())}'.");
            return;
        }

        var plugin = _plugins[index];
        var slot = _slots[index];
        if (plugin.RequiredScope is { } scope && !connection.Identity.Scopes.Contains(scope))
        {
            Refuse(connection, message, ErrorCode.Forbidden, $"The plugin {plugin.Prefix} asks for the scope '{scope}'.");
            return;
        }

        if (slot.Status == PluginStatus.Failed)
        {
            Refuse(connection, message, ErrorCode.PluginFailed, $"The plugin {plugin.Prefix} has failed for this user.");
            return;
        }

        if (!slot.IsAlive) Want(index);
        _port.PostToPlugin(index, connection, message);
    }

    /// <summary>A plugin instance is ready.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="incarnation">The instance.</param>
    public void PluginStarted(int plugin, long incarnation)
    {
        if (_slots[plugin].Started(incarnation)) Announce(plugin);
    }

    /// <summary>A plugin instance crashed.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="incarnation">The instance.</param>
    /// <param name="turn">The turn.</param>
    public void PluginCrashed(int plugin, long incarnation, Turn turn)
    {
        var slot = _slots[plugin];
        var before = slot.Status;
        switch (slot.Crashed(incarnation, _port.NextIncarnation(), _restarts, turn.Now))
        {
            case CrashVerdict.Ignore:
                return;
            case CrashVerdict.Restart:
                if (slot.Status != before) Announce(plugin);
                _port.StartPlugin(plugin, slot.Incarnation);
                return;
            case CrashVerdict.Fail:
                _port.FailPlugin(plugin);
                Announce(plugin);
                return;
            case CrashVerdict.Ended:
                _port.HandBackWaiting(plugin);
                EndIfDone();
                return;
        }
    }

    /// <summary>A plugin instance ended without a crash.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="incarnation">The instance.</param>
    /// <param name="waiting">Whether messages wait in the plugin's inbox.</param>
    public void PluginEnded(int plugin, long incarnation, bool waiting)
    {
        var slot = _slots[plugin];
        if (incarnation != slot.Incarnation) return;
        var before = slot.Status;
        var restart = slot.Ended(incarnation, _port.NextIncarnation());
        if (slot.Status != before) Announce(plugin);
        if (restart) _port.StartPlugin(plugin, slot.Incarnation);
        else if (waiting) PluginWanted(plugin);
        EndIfDone();
    }

    /// <summary>A plugin's inbox holds a message and there is no instance: the message overtook the news of the instance's end.</summary>
    /// <param name="plugin">The plugin.</param>
    public void PluginWanted(int plugin)
    {
        if (_slots[plugin].Status == PluginStatus.Failed) _port.FailPlugin(plugin);
        else if (_phase != Phase.Active) _port.HandBackWaiting(plugin);
        else Want(plugin);
    }

    /// <summary>An operator gives a failed plugin another life.</summary>
    /// <param name="prefix">The plugin.</param>
    /// <returns>False when it is not failed, or not there, or the hub is ending.</returns>
    public bool Revive(string prefix)
    {
        if (_phase != Phase.Active) return false;
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_plugins[i].Prefix != prefix) continue;
            if (!_slots[i].Revive()) return false;
            Announce(i);
            if (_plugins[i].AutoStart) Want(i);
            return true;
        }

        return false;
    }

    private static string Shorten(string type) => type.Length <= 64 ? type : string.Concat(type.AsSpan(0, 64), "…");

    private static void Refuse(IHubConnection connection, in ClientEnvelope message, ErrorCode code, string? text)
    {
        connection.Answer(Frames.Error(code, text, message.RequestId), message.Credit);
        RelayTrace.End(message, code);
    }

    private static void Cut(IHubConnection connection, in ClientEnvelope message, ErrorCode code)
    {
        connection.Close(code);
        RelayTrace.End(message, code);
    }

    private void StartAutomatic()
    {
        for (var i = 0; i < _slots.Length; i++)
            if (_plugins[i].AutoStart && IsOffered(i)) Want(i);
    }

    private void Want(int plugin)
    {
        var slot = _slots[plugin];
        var before = slot.Status;
        if (!slot.Want(_port.NextIncarnation())) return;
        if (slot.Status != before) Announce(plugin);
        _port.StartPlugin(plugin, slot.Incarnation);
    }

    private void Announce(int plugin)
    {
        var status = _slots[plugin].Status;
        _port.PluginChanged(plugin, status);
        if (_connections.Count == 0) return;

        // Not a push: who has a full outbox of answers to read must not be closed for a plugin's news.
        var news = Frames.PluginStatus(_plugins[plugin].Prefix, status.Wire());
        foreach (var connection in _connections.All) connection.Answer(news, Credit.None);
    }
}
