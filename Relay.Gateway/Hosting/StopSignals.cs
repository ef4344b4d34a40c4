using System.Runtime.InteropServices;

namespace Relay.Gateway.Hosting;

/// <summary>What tells the process to stop: the first signal is the host's affair, a second one hurries the stop.</summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public StopSignals() => _registrations = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

    /// <summary>Fires with the second signal.</summary>
    public CancellationToken Hurry => _hurry.Token;

    public void Dispose()
    {
        foreach (var each in _registrations) each.Dispose();
        _hurry.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Else the system would end the process here and now.
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) == 2) _hurry.Cancel();
    }
}
