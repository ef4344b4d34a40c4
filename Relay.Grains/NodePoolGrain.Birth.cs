using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// A pool that begins may be the next of one that was lost, and asks every gateway that lives what it has. Those that cannot be reached for two sync intervals
/// count as gone; if one should live, it tells everything when it is back.
/// </summary>
internal sealed partial class NodePoolGrain
{
    private readonly TaskCompletionSource _knowsAll = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Gateways that are about to tell what they have.
    private readonly Dictionary<string, TaskCompletionSource> _untold = new(StringComparer.Ordinal);

    // Calls for what the gateways have perhaps not told of yet, and claims to what may be another's.
    private readonly HashSet<NodeEndRef> _early = [];
    private readonly Dictionary<NodeEndRef, string> _earlyClaims = [];

    private readonly long _born = time.GetTimestamp();

    private TimeSpan Patience => cluster.SyncInterval * 2;

    private bool IsYoung => time.GetElapsedTime(_born) < Patience;

    private async Task LearnAsync(string directory)
    {
        try
        {
            await GatherAsync(directory).WaitAsync(Patience, time);
        }
        catch (Exception)
        {
            // That is as much as there is to know.
        }

        _knowsAll.TrySetResult();
        AskAgain();
        foreach (var (claim, stream) in _earlyClaims.ToList()) Claim(claim, stream, wasGranted: false);
        _earlyClaims.Clear();
    }

    private async Task GatherAsync(string directory) => await Task.WhenAll((await GatewaysAsync(directory)).Select(AskAsync));

    private async Task<GatewayRef[]> GatewaysAsync(string directory)
    {
        while (true)
        {
            try
            {
                return await grains.Gateways().List(directory).WaitAsync(cluster.CallTimeout, time);
            }
            catch (Exception) when (IsYoung)
            {
                await Task.Delay(cluster.RetryDelay, time);
            }
        }
    }

    private async Task AskAsync(GatewayRef gateway)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _untold[gateway.Id] = told;
        while (true)
        {
            try
            {
                if (await gateway.CallAsync(observer => observer.TellNodes(_tenant.Name)).WaitAsync(cluster.CallTimeout, time)) await told.Task;
                return;
            }
            catch (Exception) when (IsYoung)
            {
                await Task.Delay(cluster.RetryDelay, time);
            }
        }
    }

    private void AskAgain()
    {
        foreach (var call in _early.ToList())
        {
            _early.Remove(call);
            if (_calls.ContainsKey(call)) Answer(call);
        }
    }
}
