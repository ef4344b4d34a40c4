using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Relay.Agent.Connecting;
using Relay.Core.Errors;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>A node: finds its models, stays connected to the relay, and ends when it is told to.</summary>
internal sealed class NodeAgent
{
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly IStopSignals _stopping;
    private readonly ILogger _logger;
    private readonly NodeCounts _counts;
    private readonly Backoff _backoff;

    public NodeAgent(NodeSettings settings, AgentContext context, ILogger logger, NodeCounts counts)
    {
        (_settings, _time, _stopping, _logger, _counts) = (settings, context.Time, context.Stopping, logger, counts);
        _backoff = new Backoff(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30), context.Random);
    }

    public async Task<ExitCode> RunAsync()
    {
        using var upstream = new UpstreamServer(_settings, _time);
        var models = new ServedModels(_settings, upstream, _time, _logger);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Hurry);
        try
        {
            await models.FindAsync(_stopping.Finish);
        }
        catch (UpstreamException fault)
        {
            NodeLog.NoModelServer(_logger, _settings.Upstream, fault.Message);
            return ExitCode.LocalSide;
        }
        catch (OperationCanceledException)
        {
            NodeLog.Stopped(_logger);
            return ExitCode.Done;
        }

        var watching = models.WatchAsync(ended.Token);
        try
        {
            return await StayConnectedAsync(models, upstream);
        }
        finally
        {
            await ended.CancelAsync();
            await watching.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task<ExitCode> StayConnectedAsync(ServedModels models, UpstreamServer upstream)
    {
        var hasConnected = false;
        while (true)
        {
            try
            {
                DialLog.Connecting(_logger, _settings.Relay.Address);
                using var socket = await RelayDialer.DialAsync(_settings.Relay, _time, _stopping.Finish, NodeWire.Subprotocol);
                hasConnected = true;
                var began = _time.GetTimestamp();
                using var session = new NodeSession(socket, _settings, models, upstream, _counts, _time, _logger, _stopping.Hurry);
                var fault = await session.RunAsync(_stopping.Finish);
                if (_stopping.Finish.IsCancellationRequested) return Stopped(session.CutOff);
                var reason = ReasonOf(socket);
                if (reason is { Reconnect: Reconnect.Never })
                {
                    NodeLog.Dismissed(_logger, $"{reason.Name}: {reason.Meaning}");
                    return ExitCode.Refused;
                }

                var pause = reason is { Reconnect: Reconnect.AtOnce } && _time.GetElapsedTime(began) > TimeSpan.FromSeconds(30) ? TimeSpan.Zero : _backoff.After(_time.GetElapsedTime(began));
                DialLog.Lost(_logger, _settings.Relay.Address, Why(socket, reason, fault), pause.TotalSeconds);
                await Task.Delay(pause, _time, _stopping.Finish);
            }
            catch (DialException fault) when (fault.IsRefusal && !hasConnected)
            {
                DialLog.Refused(_logger, _settings.Relay.Address, fault.Message);
                return ExitCode.Refused;
            }
            catch (DialException fault)
            {
                var pause = _backoff.After(TimeSpan.Zero);
                DialLog.NoConnection(_logger, _settings.Relay.Address, fault.Message, pause.TotalSeconds);
                await Task.Delay(pause, _time, _stopping.Finish).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            catch (OperationCanceledException) when (_stopping.Finish.IsCancellationRequested)
            {
                // Told to stop while there was no connection.
            }

            if (_stopping.Finish.IsCancellationRequested) return Stopped(0);
        }
    }

    private ExitCode Stopped(int cutOff)
    {
        if (cutOff == 0)
        {
            NodeLog.Stopped(_logger);
            return ExitCode.Done;
        }

        NodeLog.CutOff(_logger, cutOff);
        return ExitCode.CutOff;
    }

    // The close frame's reason is the name of an entry in the catalogue.
    private static CloseEntry? ReasonOf(ClientWebSocket socket) =>
        socket.CloseStatusDescription is { } name ? Enum.GetValues<CloseReason>().Select(ErrorCatalogue.Of).FirstOrDefault(entry => entry.Name == name && entry.Code == (int)socket.CloseStatus!) : null;

    private static string Why(ClientWebSocket socket, CloseEntry? reason, NodeWireFault fault) =>
        fault != NodeWireFault.None ? $"the relay broke the protocol ({fault})"
        : reason is not null ? $"{reason.Name} ({reason.Code}): {reason.Meaning}"
        : socket.CloseStatus is { } status ? $"closed with {(int)status} {socket.CloseStatusDescription}"
        : "it broke, or did not answer";
}
