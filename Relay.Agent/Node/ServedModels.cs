using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>Which models the node serves now, and whether the model server is there at all.</summary>
internal sealed class ServedModels(NodeSettings settings, UpstreamServer upstream, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IntervalWhileAway = TimeSpan.FromSeconds(3);

    private volatile NodeOffer _now = new(settings.Models, settings.Concurrency);

    /// <summary>Something has changed; called on any thread.</summary>
    public event Action? Changed;

    public NodeOffer Now => _now;

    /// <summary>Asks until there is a list, if the model server is to be asked.</summary>
    /// <exception cref="UpstreamException">What answers is no model server.</exception>
    public async Task FindAsync(CancellationToken cancel)
    {
        if (settings.Models.Count > 0) return;
        for (var told = false; ; told = true)
        {
            try
            {
                _now = new(await upstream.AskModelsAsync(cancel), settings.Concurrency);
                return;
            }
            catch (UpstreamException fault) when (fault.Code == NodeErrorCodes.UpstreamUnreachable)
            {
                if (!told) NodeLog.UpstreamAway(logger, settings.Upstream, fault.Message);
            }

            await Task.Delay(IntervalWhileAway, time, cancel);
        }
    }

    /// <summary>Asks again, now and then, until it is cancelled. While the model server is away the node takes nothing.</summary>
    public async Task WatchAsync(CancellationToken cancel)
    {
        while (settings.Models.Count == 0)
        {
            await Task.Delay(_now.Capacity > 0 ? Interval : IntervalWhileAway, time, cancel);
            try
            {
                var models = await upstream.AskModelsAsync(cancel);
                if (_now.Capacity == 0) NodeLog.UpstreamBack(logger, settings.Upstream);
                if (!models.SequenceEqual(_now.Models)) NodeLog.ModelsChanged(logger, string.Join(", ", models));
                Set(new(models, settings.Concurrency));
            }
            catch (UpstreamException fault)
            {
                if (_now.Capacity > 0) NodeLog.UpstreamAway(logger, settings.Upstream, fault.Message);
                Set(_now with { Capacity = 0 });
            }
        }
    }

    private void Set(NodeOffer offer)
    {
        if (offer.Capacity == _now.Capacity && offer.Models.SequenceEqual(_now.Models)) return;
        _now = offer;
        Changed?.Invoke();
    }
}

/// <summary>What the node tells the relay of itself.</summary>
internal sealed record NodeOffer(IReadOnlyList<string> Models, int Capacity);
