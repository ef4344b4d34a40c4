using System.Text;
using Microsoft.Extensions.Logging;
using Relay.Agent.Connecting;
using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>
/// The way to the relay: one link for all tunnels, made again when it is lost; or, where the relay does not speak <c>relay.tunnel.v2</c>, a
/// socket for each tunnel.
/// </summary>
internal sealed class RelayCarrier(RelayUpgrade upgrade, TimeProvider time, Random random, string session, bool inChunks, ILogger logger) : ICarrier
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // How long a tunnel waits for the link: a try that is under way ends sooner, with the reason.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private ComingLink _coming = new();
    private bool _knowsNoStreams;

    private ComingLink Coming
    {
        get
        {
            lock (_gate) return _coming;
        }
    }

    /// <summary>The first try. Afterwards <see cref="RunAsync"/> keeps the link.</summary>
    /// <param name="life">Ends the link.</param>
    /// <param name="cancel">Ends the try.</param>
    /// <exception cref="DialException">There is no connection.</exception>
    public async Task<Task<SocketEnd>?> ConnectAsync(CancellationToken life, CancellationToken cancel)
    {
        if (inChunks) return null;
        var upgraded = await upgrade.ConnectAsync(TunnelFrames.Subprotocol, cancel);
        if (upgraded.Subprotocol != TunnelFrames.Subprotocol)
        {
            await upgraded.Stream.DisposeAsync();
            ProxyLog.InChunks(logger, upgrade.Address);
            _knowsNoStreams = true;
            Coming.Link.TrySetResult(null);
            return null;
        }

        var link = new MuxLink(new RelaySocket(upgraded, time, countsWhileSending: true), logger);
        ProxyLog.Connected(logger, upgrade.Address);
        Coming.Link.TrySetResult(link);
        return RunLinkAsync(link, life);
    }

    /// <summary>Keeps the link until cancelled.</summary>
    /// <param name="link">The first link's end, when there is a link.</param>
    /// <param name="cancel">Ends the link too.</param>
    public async Task RunAsync(Task<SocketEnd>? link, CancellationToken cancel)
    {
        var backoff = new Backoff(FirstPause, LongestPause, random);
        while (!cancel.IsCancellationRequested && !inChunks && !_knowsNoStreams)
        {
            var since = time.GetTimestamp();
            string why;
            if (link is not null)
            {
                why = (await link).Why;
                if (cancel.IsCancellationRequested) return;
                Renew();
            }
            else
            {
                try
                {
                    link = await ConnectAsync(cancel, cancel);
                    continue;
                }
                catch (DialException fault)
                {
                    why = fault.Message;
                    Refuse(fault);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }

            var pause = backoff.After(link is null ? TimeSpan.Zero : time.GetElapsedTime(since));
            if (link is not null) DialLog.Lost(logger, upgrade.Address, why, pause.TotalSeconds);
            else DialLog.NoConnection(logger, upgrade.Address, why, pause.TotalSeconds);
            link = null;
            await PauseAsync(pause, cancel);
        }
    }

    public async Task<TunnelAnswer> OpenAsync(TunnelTarget target, ITunnelOutput output, CancellationToken cancel)
    {
        try
        {
            if (inChunks) return await OpenInChunksAsync(target, output, cancel);
            for (var tries = 0; tries < 2; tries++)
            {
                var coming = Coming;
                coming.Wanted.TrySetResult();
                var link = await coming.Link.Task.WaitAsync(Patience, time, cancel);
                if (link is null) return await OpenInChunksAsync(target, output, cancel);
                if (await link.TryOpenAsync(target, output, cancel) is { } answer) return answer;
                Renew();
            }

            return Unreachable("the connection to the relay was lost");
        }
        catch (DialException fault)
        {
            return Unreachable(fault.Message);
        }
        catch (TimeoutException)
        {
            return Unreachable("no answer");
        }
    }

    private static TunnelAnswer Unreachable(string why) => new(502, ConnectReply.Refusal(502, $"The relay cannot be reached: {why}."), null);

    private async Task<SocketEnd> RunLinkAsync(MuxLink link, CancellationToken cancel)
    {
        using var ending = cancel.UnsafeRegister(static link => ((MuxLink)link!).Abort("the proxy ends"), link);
        return await link.RunAsync();
    }

    private async Task<TunnelAnswer> OpenInChunksAsync(TunnelTarget target, ITunnelOutput output, CancellationToken cancel)
    {
        var upgraded = await upgrade.ConnectAsync(null, cancel);
        var socket = new RelaySocket(upgraded, time, countsWhileSending: false);
        var credentials = upgrade.Token is { } token ? $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{session}:{token}"))}\r\n" : "";
        return await ChunkTunnel.OpenAsync(socket, $"CONNECT {target} HTTP/1.1\r\n{credentials}\r\n", output, time, cancel);
    }

    // The link has ended: another is awaited. Whoever hears of it first does this, so nobody is given the old one again.
    private void Renew()
    {
        lock (_gate)
        {
            if (_coming.Link.Task is { IsCompletedSuccessfully: true, Result.HasEnded: true }) _coming = new();
        }
    }

    // Whoever waits for the try that failed is told so; the next one is for those who come later.
    private void Refuse(DialException fault)
    {
        ComingLink failed;
        lock (_gate) (failed, _coming) = (_coming, new());
        failed.Link.TrySetException(fault);
        // Nobody may have waited.
        _ = failed.Link.Task.Exception;
    }

    // The pause ends as soon as somebody wants a tunnel, but never at once: a relay that is down is not hammered.
    private async Task PauseAsync(TimeSpan pause, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(FirstPause, time, cancel);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(Coming.Wanted.Task, Task.Delay(pause, time, over.Token));
            await over.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    /// <summary>The link that is there, or awaited.</summary>
    private sealed class ComingLink
    {
        /// <summary>Null where the relay knows no links.</summary>
        public TaskCompletionSource<MuxLink?> Link { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Somebody waits for it, or did.</summary>
        public TaskCompletionSource Wanted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
